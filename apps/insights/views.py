"""The audit, exports of personal data, erasures, and the runs of the retention times."""

from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.accounts.permissions import require
from apps.core.actors import Actor
from apps.core.api import ApiView, accepted, actor_of
from apps.core.fields import JobTicketSerializer
from apps.core.filters import by_choice, by_id, by_text, by_time
from apps.core.lists import DetailView, ListView, ReadView
from apps.events.models import Event, Job
from apps.files.services import storage
from apps.insights import services
from apps.insights.audit import action
from apps.insights.models import Erasure, Export, RetentionRun
from apps.insights.serializers import (
    AuditEventSerializer,
    ErasureInputSerializer,
    ErasureSerializer,
    ExportInputSerializer,
    ExportSerializer,
    RetentionRunSerializer,
)


class AuditArea(ReadView[Event]):
    serializer_class = AuditEventSerializer

    def check_access(self, actor: Actor) -> None:
        """Owner and admin read the audit (C18)."""
        require(actor, "audit.read")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Event]:
        """Everything that happened in the organization."""
        return Event.objects.audited_by(actor).annotate(action=action())


class AuditEventList(AuditArea, ListView[Event]):
    filters: ClassVar[Any] = {
        "action": by_text("action"),
        "kind": by_text("kind"),
        "actor_id": by_id("actor_id"),
        "object_type": by_text("aggregate_type"),
        "object_id": by_id("aggregate_id"),
        "request_id": by_id("request_id"),
        "created_after": by_time("occurred_at__gte"),
        "created_before": by_time("occurred_at__lt"),
    }
    sorts: ClassVar[Any] = {"sequence": "seq"}
    default_sort = "-sequence"


class AuditEventDetail(AuditArea, DetailView[Event]):
    pass


class ExportList(ListView[Export]):
    serializer_class = ExportSerializer
    filters: ClassVar[Any] = {
        "status": by_choice("job__status", Job.Status.values),
        "user_id": by_id("user_id"),
    }

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Export]:
        """What the person asked for; owner and admin see that others have asked."""
        return Export.objects.visible_to(actor)

    @extend_schema(request=ExportInputSerializer, responses={202: JobTicketSerializer})
    def post(self, request: Request) -> Response:
        """Ask for a zip of everything about a person; its job tells when it is ready."""
        export = services.request_export(actor_of(request), **self.body(ExportInputSerializer))
        return accepted(export.job_id)


class ExportDetail(DetailView[Export]):
    serializer_class = ExportSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Export]:
        """What the person asked for; owner and admin see that others have asked."""
        return Export.objects.visible_to(actor)


class ExportContent(ReadView[Export]):
    serializer_class = ExportSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Export]:
        """The exports that the actor sees; only his own are for him to download."""
        return Export.objects.visible_to(actor)

    @extend_schema(
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
        extensions={"x-refusals": [409, 410]},
    )
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Download the zip; only who asked for it may."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the stream; the transaction ends before the first byte leaves."""
        self._only_of(request)
        export = services.content_of(actor, self.one(self.visible(actor), kwargs["pk"]))
        headers = {
            "Content-Length": str(export.size),
            "Content-Disposition": f'attachment; filename="{export}.zip"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        }
        request.META["HTTP_ACCEPT_ENCODING"] = "identity"
        if request.method == "HEAD":
            return HttpResponse(content_type="application/zip", headers=headers)
        blocks = storage().open(export.storage_key)
        response = StreamingHttpResponse(blocks, content_type="application/zip", headers=headers)
        return cast("HttpResponse", response)


class UserErasures(ApiView[User]):
    @extend_schema(request=ErasureInputSerializer, responses={202: JobTicketSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Erase a person here: the owner may everybody, everybody himself. It cannot be undone."""
        actor = actor_of(request)
        user = self.one(User.objects.visible_to(actor), pk)
        erasure = services.request_erasure(actor, user.id, **self.body(ErasureInputSerializer))
        return accepted(cast("UUID", erasure.job_id))


class ErasureList(ListView[Erasure]):
    serializer_class = ErasureSerializer
    filters: ClassVar[Any] = {"user_id": by_id("user_id")}

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Erasure]:
        """All of the organization for owner and admin."""
        return Erasure.objects.visible_to(actor)


class ErasureDetail(DetailView[Erasure]):
    serializer_class = ErasureSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Erasure]:
        """All of the organization for owner and admin."""
        return Erasure.objects.visible_to(actor)


class RetentionRunArea(ReadView[RetentionRun]):
    serializer_class = RetentionRunSerializer

    def check_access(self, actor: Actor) -> None:
        """Owner and admin see what was removed."""
        require(actor, "audit.read")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[RetentionRun]:
        """The runs of the organization."""
        return RetentionRun.objects.visible_to(actor)


class RetentionRunList(RetentionRunArea, ListView[RetentionRun]):
    sorts: ClassVar[Any] = {"created_at": "created_at", "day": "day"}


class RetentionRunDetail(RetentionRunArea, DetailView[RetentionRun]):
    pass
