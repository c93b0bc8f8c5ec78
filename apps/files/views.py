"""Uploads, files, their versions and their bytes."""

from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from apps.accounts.permissions import require
from apps.core import throttles
from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of, gone
from apps.core.errors import NotFound
from apps.core.filters import Filter, by_choice, by_id, by_text, by_time
from apps.core.lists import DetailView, ListView, ReadView
from apps.core.renderers import Rendered
from apps.core.rows import render_row
from apps.core.tenancy import organization_scope
from apps.files import services
from apps.files.downloads import content_response
from apps.files.intake import checked_name
from apps.files.models import File, FileVersion
from apps.files.serializers import (
    FileChangeSerializer,
    FileSerializer,
    FileVersionSerializer,
    UploadFieldsSerializer,
    UploadFormSerializer,
    VersionFieldsSerializer,
    VersionFormSerializer,
)
from apps.files.uploads import Limits, Upload, check_declared, received
from apps.organizations.models import Organization
from apps.organizations.services import rate_text

M = TypeVar("M", bound=Model)
MEGABYTE = 1024 * 1024
TAG = Filter("tags__contains", lambda text: [text], None, {"type": "string"}, "A tag.")
DISPOSITION = OpenApiParameter(
    "disposition", {"type": "string", "enum": ["attachment", "inline"], "default": "attachment"}
)
BYTES = {
    (200, "*/*"): OpenApiTypes.BINARY,
    (206, "*/*"): OpenApiTypes.BINARY,
}


class FilesArea(ApiView[M]):
    """The area is closed to roles without `files.read` (C18): 403 before anything is looked up."""

    def check_access(self, actor: Actor) -> None:
        """Refuse a role that has nothing to do with files; raises PermissionDenied."""
        require(actor, "files.read")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the role after the credential, as reads do; an unknown method stays 405."""
        super().initial(request, *args, **kwargs)
        if hasattr(self, str(request.method).lower()):
            self.check_access(actor_of(request))


class UploadView(FilesArea[M]):
    """A view whose POST streams: no transaction is open while the sender sends."""

    atomic = False

    def limits_of(self, actor: Actor) -> Limits:
        """Return the organization's limits and count the upload; raises RateLimited (P18)."""
        organization = Organization.objects.visible_to(actor).get()
        limit = rate_text(organization.settings.get("apis", {}).get("rateLimit", {}), "upload")
        throttles.check(f"upload:{actor.user_id}", throttles.rate(limit))
        return Limits(
            file_bytes=organization.limit("upload_mb") * MEGABYTE,
            files=organization.limit("upload_files"),
        )

    def fields_of(self, upload: Upload, shape: type[Serializer[Any]]) -> dict[str, Any]:
        """Return the typed form fields; raises ValidationError, NotAsDeclared."""
        serializer = shape(data=upload.fields)
        serializer.is_valid(raise_exception=True)
        fields = dict(serializer.validated_data)
        declared = fields.pop("sha256", None)
        if declared is not None:
            check_declared(upload.contents, declared)
        return fields


class FileList(UploadView[File], ListView[File]):
    serializer_class = FileSerializer
    filters: ClassVar[dict[str, Filter]] = {
        "project_id": by_id("project_id"),
        "client_id": by_id("client_id"),
        "created_by_id": by_id("created_by_id"),
        "folder": by_text("folder"),
        "name": by_text("name"),
        "tag": TAG,
        "visibility": by_choice("visibility", File.Visibility.values),
        "scan_status": by_choice("current__scan_status", FileVersion.ScanStatus.values),
        "content_type": by_text("current__content_type"),
        "created_after": by_time("created_at__gt"),
        "created_before": by_time("created_at__lt"),
    }
    sorts: ClassVar[dict[str, Any]] = {
        "created_at": "created_at",
        "updated_at": "updated_at",
        "name": "name",
        "size": "current__size",
    }
    search = ("name", "description")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[File]:
        """The team's files, or what is shared with the contact."""
        return File.objects.visible_to(actor)

    @extend_schema(
        request={"multipart/form-data": UploadFormSerializer},
        responses={
            201: PolymorphicProxySerializer(
                "UploadedFiles",
                [FileSerializer, FileSerializer(many=True)],
                None,
                many=False,
            )
        },
    )
    def post(self, request: Request) -> Response:
        """Upload files; one sent as `file` answers an object, `files` a list."""
        actor = actor_of(request)
        require(actor, "files.write")
        limits = self.limits_of(actor)
        with received(request._request, services.storage(), limits) as upload:  # noqa: SLF001
            fields = self.fields_of(upload, UploadFieldsSerializer)
            with organization_scope(actor.organization_id):
                files = services.keep_uploads(actor, upload.contents, **fields)
                return self._uploaded(actor, [file.id for file in files], upload)

    def _uploaded(self, actor: Actor, ids: list[UUID], upload: Upload) -> Response:
        if upload.is_one:
            return self.made_for(actor, ids[0])
        rows = self.visible(actor)
        shown = [render_row(rows.filter(pk=pk), FileSerializer) for pk in ids]
        array = b"[" + b",".join(row.text for row in shown if row is not None) + b"]"
        return Response(Rendered(array), 201)


class FileDetail(FilesArea[File], DetailView[File]):
    serializer_class = FileSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[File]:
        """The team's files, or what is shared with the contact."""
        return File.objects.visible_to(actor)

    @extend_schema(request=FileChangeSerializer, responses={200: FileSerializer})
    def put(self, request: Request, pk: UUID) -> Response:
        """Replace name, folder, tags, visibility and description."""
        return self._change(request, pk, partial=False)

    @extend_schema(request=FileChangeSerializer(partial=True), responses={200: FileSerializer})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change what the body names."""
        return self._change(request, pk, partial=True)

    def _change(self, request: Request, pk: UUID, *, partial: bool) -> Response:
        actor = actor_of(request)
        changes = self.body(FileChangeSerializer, partial=partial)
        if "name" in changes:
            checked_name(changes["name"])
        file = self.locked(self.visible(actor), pk)
        services.change_file(actor, file, **changes)
        return self.shown_to(actor, pk)

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete a file with its versions; a restoration brings it back."""
        actor = actor_of(request)
        services.delete_file(actor, self.locked(self.visible(actor), pk))
        return gone()


class FileRestorations(FilesArea[File]):
    serializer_class = FileSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[File]:
        """The files as they are seen after the restoration."""
        return File.objects.visible_to(actor)

    @extend_schema(request=None, responses={201: FileSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Bring a deleted file back."""
        actor = actor_of(request)
        services.restore_file(actor, pk)
        return self.shown_to(actor, pk, status=201)


class FileVersions(UploadView[FileVersion], ListView[FileVersion]):
    serializer_class = FileVersionSerializer
    filters: ClassVar[dict[str, Filter]] = {
        "scan_status": by_choice("scan_status", FileVersion.ScanStatus.values),
    }
    sorts: ClassVar[dict[str, Any]] = {"number": "number", "created_at": "created_at"}
    default_sort = "-number"

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[FileVersion]:
        """The versions of one file."""
        return FileVersion.objects.visible_to(actor).filter(file_id=parents["file_id"])

    def parent(self, actor: Actor, **parents: UUID) -> QuerySet[File]:
        """The file itself."""
        return File.objects.visible_to(actor).filter(id=parents["file_id"])

    @extend_schema(
        request={"multipart/form-data": VersionFormSerializer},
        responses={201: FileVersionSerializer},
    )
    def post(self, request: Request, file_id: UUID) -> Response:
        """Upload the next version of a file."""
        actor = actor_of(request)
        require(actor, "files.write")
        with organization_scope(actor.organization_id):
            file = self.parent(actor, file_id=file_id).first()
        if file is None:
            raise NotFound
        services.require_own(actor, file)  # before he sends it all
        limits = Limits(self.limits_of(actor).file_bytes, files=1)
        with received(request._request, services.storage(), limits) as upload:  # noqa: SLF001
            self.fields_of(upload, VersionFieldsSerializer)
            with organization_scope(actor.organization_id):
                version = services.add_version(actor, file, upload.contents[0])
                place = f"{request.path.rstrip('/')}/{version.number}/content"
                rows = self.visible(actor, file_id=file_id)
                return self.shown(rows, version.id, status=201, headers={"Location": place})


class FileVersionRestorations(FilesArea[FileVersion]):
    serializer_class = FileVersionSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[FileVersion]:
        """The versions that the actor sees."""
        return FileVersion.objects.visible_to(actor)

    @extend_schema(request=None, responses={201: FileVersionSerializer})
    def post(self, request: Request, pk: UUID, number: int) -> Response:
        """Make an old version current again, under the next number."""
        actor = actor_of(request)
        file = File.objects.visible_to(actor).filter(pk=pk).first()
        if file is None:
            raise NotFound
        version = services.bring_back(actor, file, number)
        return self.shown_to(actor, version.id, status=201)


class FileContent(FilesArea[FileVersion], ReadView[FileVersion]):
    serializer_class = FileVersionSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[FileVersion]:
        """The current version of the file."""
        return FileVersion.objects.visible_to(actor).filter(current_of=parents["pk"])

    @extend_schema(parameters=[DISPOSITION], responses=BYTES)
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Download the bytes, or a range of them."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the stream; the transaction ends before the first byte leaves."""
        version = self.visible(actor, **kwargs).first()
        if version is None:
            raise NotFound
        return cast("HttpResponse", content_response(request, version, services.storage()))


class FileVersionContent(FileContent):
    def visible(self, actor: Actor, **parents: Any) -> QuerySet[FileVersion]:
        """One version of the file, by its number."""
        rows = FileVersion.objects.visible_to(actor)
        return rows.filter(file_id=parents["pk"], number=parents["number"])
