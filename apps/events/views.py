"""Public reading of the log, and the schemas that C6's `dataschema` names."""

from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of
from apps.core.envelope import success_bytes
from apps.core.errors import InvalidFilter
from apps.core.filters import by_choice, by_text
from apps.core.lists import DetailView, ListView, ReadView, conditional, single_values
from apps.events.cloudevents import read_log
from apps.events.jobs import cancel_job
from apps.events.kinds import KINDS, is_pattern_of_known_kinds, matches
from apps.events.models import Event, Job
from apps.events.schemas import schema_of
from apps.events.serializers import CloudEventSerializer, JobSerializer

DEFAULT_LIMIT, MAX_LIMIT, MAX_SEQUENCE = 100, 500, 2**63 - 1
MAX_PATTERNS = 50
PARAMETERS = [
    OpenApiParameter("after", int, description="The last number that was seen; 0 is the start."),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}),
    OpenApiParameter("kind", str, description="Kinds or patterns, as `invoice.*,*.failed`."),
]


class EventList(ReadView[Event]):
    """Not a page with a cursor: the numbers of the log are the cursor."""

    serializer_class = CloudEventSerializer
    known: ClassVar[list[str]] = ["after", "kind", "limit"]

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Event]:
        """The events that the person may see."""
        return Event.objects.visible_to(actor)

    @extend_schema(parameters=PARAMETERS, responses={200: CloudEventSerializer(many=True)})
    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Read the log after a number; the next call says `after=<meta.through>`."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: object) -> HttpResponse:
        """Return CloudEvents with `meta.head` and `meta.through`."""
        given = single_values(request)
        for name in given:
            if name not in self.known:
                raise InvalidFilter(parameter=name[:100], fault="unknown", known=self.known)
        part = read_log(
            actor,
            after=_number("after", given.get("after", "0"), 0, MAX_SEQUENCE),
            limit=_number("limit", given.get("limit", str(DEFAULT_LIMIT)), 1, MAX_LIMIT),
            kinds=_kinds(given.get("kind")),
        )
        ends = {"head": part.head, "through": part.through}
        tagged = b"%d:%b" % (part.through, part.array)
        return conditional(
            request, tagged, lambda: success_bytes(part.array, extra=ends)
        )  # fmt: skip


def _number(name: str, text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
        raise InvalidFilter(parameter=name, fault=f"must be a number from {low} to {high}")
    return int(text)


def _kinds(text: str | None) -> list[str] | None:
    """Return the kinds that the patterns mean; raises InvalidFilter for one that means none."""
    if text is None:
        return None
    patterns = text.split(",")
    unknown = [p[:80] for p in patterns if p not in {"*", "#"} and not is_pattern_of_known_kinds(p)]
    if unknown or len(patterns) > MAX_PATTERNS:
        raise InvalidFilter(parameter="kind", fault="unknown", unknown=unknown[:20])
    return [kind for kind in KINDS if matches(kind, patterns)]


class JobList(ListView[Job]):
    area = "jobs"
    serializer_class = JobSerializer
    filters: ClassVar[Any] = {
        "status": by_choice("status", Job.Status.values),
        "kind": by_text("kind"),
    }

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Job]:
        """What the person asked for; for owner and admin all work of the organization."""
        return Job.objects.visible_to(actor)


class JobDetail(DetailView[Job]):
    area = "jobs"
    serializer_class = JobSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Job]:
        """What the person asked for; for owner and admin all work of the organization."""
        return Job.objects.visible_to(actor)


class JobCancellations(ApiView[Job]):
    area = "jobs"
    serializer_class = JobSerializer

    @extend_schema(request=None, responses={200: JobSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Cancel: waiting work ends at once, running work after the step it is in."""
        rows = Job.objects.visible_to(actor_of(request))
        cancel_job(self.locked(rows, pk))
        return self.shown(rows, pk)


@transaction.non_atomic_requests
@require_safe
def event_schema(request: HttpRequest, kind: str, version: int) -> JsonResponse:
    """Return the JSON Schema of a kind's data."""
    if kind not in KINDS or version != 1:
        raise Http404
    return JsonResponse(schema_of(kind, version))
