"""Files on the old face: `/api/files*`."""

from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict

from apps.accounts.permissions import may
from apps.core import throttles
from apps.core.actors import Actor
from apps.core.errors import DomainError, NotFound
from apps.core.filters import by_id, by_text
from apps.core.tenancy import organization_scope
from apps.files import services
from apps.files.downloads import content_response
from apps.files.errors import FileTooLarge, TooManyFiles, TypeNotAllowed
from apps.files.models import File, FileVersion
from apps.files.uploads import Limits, received
from apps.node_api.answers import POLICY, answer
from apps.node_api.api import NodeView, checked, id_of
from apps.node_api.errors import Said
from apps.node_api.lists import NumberedList
from apps.node_api.pages import NumberedPage, named_total
from apps.node_api.rendering import array_of
from apps.node_api.shapes.files import FilePage, FileRow, RenameForm, UploadForm, tag_of_phase
from apps.organizations.models import Organization
from apps.organizations.services import rate_text
from apps.projects.models import Phase

MEGABYTE = 1024 * 1024
PDF = "application/pdf"


class FileArea(NodeView):
    thing = "File"

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[File]:
        """The team sees all, a contact what is shared with his companies."""
        return File.objects.visible_to(actor)


class FileList(FileArea, NumberedList):
    key = "files"
    row = FileRow
    form = FilePage
    filters: ClassVar[Any] = {"folder": by_text("folder"), "project_id": by_id("project_id")}
    sorts: ClassVar[Any] = {name: name for name in ("created_at", "updated_at", "name")}
    search = ("name", "description")
    echoed = ("folder", "search", "sort", "order")

    def pagination(self, page: NumberedPage) -> dict[str, Any]:
        """Return the old shape."""
        return named_total(page, "totalFiles")


class FileDetail(FileArea):
    def get(self, actor: Actor, pk: str) -> HttpResponse:
        """Show what is known of a file."""
        rows = self.visible(actor).filter(id=id_of(pk, label="file"))
        return answer({"file": self.shown(rows, FileRow)})

    def put(self, actor: Actor, pk: str) -> HttpResponse:
        """Rename a file, or change its description or who sees it."""
        file_id = id_of(pk, label="file")
        file = self.one(self.visible(actor), id=file_id)
        form = self.body(RenameForm)
        if "is_public" in form:
            form["visibility"] = "client" if form.pop("is_public") else "staff"
        services.change_file(actor, file, **form)
        shown = self.shown(self.visible(actor).filter(id=file_id), FileRow)
        return answer({"message": "File updated successfully", "file": shown})

    def delete(self, actor: Actor, pk: str) -> HttpResponse:
        """Delete a file; a contact his own."""
        services.delete_file(actor, self.one(self.visible(actor), id=id_of(pk, label="file")))
        return answer({"message": "File deleted successfully"})


class FileUpload(FileArea):
    """The bytes stream into the store before any transaction is open."""

    atomic = False
    takes_cookie = True

    def post(self, actor: Actor) -> HttpResponse:
        """Upload one file as `file`, or several as `files`."""
        with organization_scope(actor.organization_id):
            limits = limits_of(actor)
        if self.request.content_type != "multipart/form-data":
            raise Said(400, "No files uploaded")
        try:
            return self._kept(actor, limits)
        except DomainError as error:
            raise in_old_words(error, limits) from error

    def _kept(self, actor: Actor, limits: Limits) -> HttpResponse:
        with received(self.request, services.storage(), limits) as upload:
            form = checked(UploadForm, upload.fields.dict(), "body")
            with organization_scope(actor.organization_id):
                files = services.keep_uploads(actor, upload.contents, **details(actor, form))
                rows = self.visible(actor).filter(id__in=[file.id for file in files])
                shown = array_of(rows, FileRow)
                first = self.shown(self.visible(actor).filter(id=files[0].id), FileRow)
        text = f"{len(files)} file(s) uploaded successfully"
        return answer({"message": text, "files": shown, "file": first}, status=201)


def limits_of(actor: Actor) -> Limits:
    """Return the old face's limits of the organization and count the upload; raises RateLimited."""
    organization = Organization.objects.visible_to(actor).get()
    limit = rate_text(organization.settings.get("apis", {}).get("rateLimit", {}), "upload")
    throttles.check(f"upload:{actor.user_id}", throttles.rate(limit))
    return Limits(
        organization.limit("node_upload_mb") * MEGABYTE, organization.limit("upload_files")
    )


def details(actor: Actor, form: dict[str, Any]) -> dict[str, Any]:
    """Return what `keep_uploads` takes of an upload's fields. A phase gives its project too."""
    found: dict[str, Any] = {
        "folder": form["folder"],
        "description": form["description"],
        "project_id": form.get("project_id"),
        "visibility": "client" if form["is_public"] else "staff",
    }
    if "phaseId" in form:
        phases = Phase.objects.visible_to(actor).filter(
            id=id_of(form["phaseId"], "phaseId", "phase")
        )
        phase = phases.first()
        if phase is None:
            raise Said(404, "Phase not found")
        found |= {"project_id": phase.project_id, "tags": [tag_of_phase(phase.key)]}
    return found


def in_old_words(error: DomainError, limits: Limits) -> DomainError:
    """Return what the old server said about an upload that was refused."""
    if isinstance(error, FileTooLarge):
        size = limits.file_bytes / MEGABYTE
        return Said(400, f"File size too large. Maximum size is {size:.1f}MB", "LIMIT_FILE_SIZE")
    if isinstance(error, TooManyFiles):
        return Said(400, f"Too many files. Maximum is {limits.files} files", "LIMIT_FILE_COUNT")
    if isinstance(error, TypeNotAllowed):
        kind = error.details.get("content_type", "")
        return Said(400, f"File type {kind} is not allowed", "UPLOAD_ERROR")
    faults = error.details if isinstance(error.details, list) else []
    if error.code == "VALIDATION_ERROR" and any(item.get("field") == "file" for item in faults):
        return Said(400, "No files uploaded")
    return error


class FileDownload(FileArea):
    """The bytes as an attachment."""

    takes_cookie = True
    takes_query_token = True
    way = "attachment"

    def get(self, actor: Actor, pk: str) -> HttpResponse:
        """Send the current version."""
        if not may(actor, "files.read"):
            raise NotFound
        versions = FileVersion.objects.visible_to(actor)
        version = self.one(versions, current_of=id_of(pk, label="file"))
        self.refuse_kind(version.content_type)
        # The token of the address must not reach code that knows its own parameters only.
        self.request.GET = QueryDict(f"disposition={self.way}")
        response = cast("HttpResponse", content_response(self.request, version, services.storage()))
        if self.way == "inline":
            pdf = version.content_type == PDF  # a browser's viewer works in no sandbox
            response["Content-Security-Policy"] = "frame-ancestors 'self'" if pdf else POLICY
        return response

    def refuse_kind(self, content_type: str) -> None:
        """Raise Said for a type that this way does not show."""


class FilePreview(FileDownload):
    """A picture or a PDF, shown in the page."""

    way = "inline"

    def refuse_kind(self, content_type: str) -> None:
        """Raise Said for anything but pictures and PDF."""
        if content_type != PDF and not content_type.startswith("image/"):
            raise Said(400, "Preview only available for images")


class FileThumbnail(FileDownload):
    """The picture itself: smaller ones are not drawn yet."""

    way = "inline"

    def refuse_kind(self, content_type: str) -> None:
        """Raise Said for anything but pictures."""
        if not content_type.startswith("image/"):
            raise Said(400, "Thumbnails only available for images")
