"""Projects, their phases, and the catalog."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import BigIntegerField, QuerySet, Value
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of, gone
from apps.core.errors import NotFound
from apps.core.filters import by_choice, by_date, by_flag, by_id, by_text, by_time
from apps.core.lists import DetailView, ListView
from apps.projects import services
from apps.projects.models import LibraryPhase, Phase, Project, ServiceType
from apps.projects.serializers import (
    LibraryPhaseSerializer,
    PhaseCompletionSerializer,
    PhaseInputSerializer,
    PhaseSerializer,
    ProjectDetailSerializer,
    ProjectInputSerializer,
    ProjectSerializer,
    ServiceTypeSerializer,
)

# A small integer as sort key: the cursor compares it with any integer.
POSITION = Cast("position", BigIntegerField())


class ServiceTypeList(ListView[ServiceType]):
    serializer_class = ServiceTypeSerializer
    filters: ClassVar[Any] = {"is_active": by_flag("is_active"), "code": by_text("code")}
    sorts: ClassVar[Any] = {"position": POSITION, "name": "name", "created_at": "created_at"}
    default_sort = "position"
    search = ("code", "name", "description")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[ServiceType]:
        """The services of the organization."""
        return ServiceType.objects.visible_to(actor)


class LibraryList(ListView[LibraryPhase]):
    serializer_class = LibraryPhaseSerializer
    filters: ClassVar[Any] = {
        "is_active": by_flag("is_active"),
        "is_standard": by_flag("is_standard"),
        "key": by_text("key"),
    }
    sorts: ClassVar[Any] = {"position": POSITION, "name": "name", "created_at": "created_at"}
    default_sort = "position"
    search = ("key", "name", "description")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[LibraryPhase]:
        """The phase library of the organization."""
        return LibraryPhase.objects.visible_to(actor)


class ProjectList(ListView[Project]):
    serializer_class = ProjectSerializer
    filters: ClassVar[Any] = {
        "status": by_choice("status", Project.Status.values),
        "priority": by_choice("priority", Project.Priority.values),
        "client_id": by_id("client_id"),
        "manager_id": by_id("manager_id"),
        "service_type": by_text("service_type__code"),
        "current_phase": by_text("current_phase"),
        "due_after": by_date("due_date__gt"),
        "due_before": by_date("due_date__lt"),
        "created_after": by_time("created_at__gt"),
        "created_before": by_time("created_at__lt"),
    }
    sorts: ClassVar[Any] = {
        "created_at": "created_at",
        "updated_at": "updated_at",
        "name": "name",
        "due_date": Coalesce("due_date", Value(date(9999, 12, 31))),  # without a date: last
        "progress": Cast("progress", BigIntegerField()),
    }
    search = ("name", "client__name")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Project]:
        """The projects of the organization; a contact sees those of his companies."""
        return Project.objects.visible_to(actor)

    @extend_schema(request=ProjectInputSerializer, responses={201: ProjectDetailSerializer})
    def post(self, request: Request) -> Response:
        """Begin a project; its service type decides on its phases."""
        actor = actor_of(request)
        project = services.create_project(actor, **self.body(ProjectInputSerializer))
        return self.made_for(actor, project.id, ProjectDetailSerializer)


class ProjectDetail(DetailView[Project]):
    serializer_class = ProjectDetailSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Project]:
        """The projects of the organization; a contact sees those of his companies."""
        return Project.objects.visible_to(actor)

    @extend_schema(request=ProjectInputSerializer, responses={200: ProjectDetailSerializer})
    def put(self, request: Request, pk: UUID) -> Response:
        """Replace a project; the status stays unless given."""
        return self._change(request, pk, self.body(ProjectInputSerializer))

    @extend_schema(request=ProjectInputSerializer, responses={200: ProjectDetailSerializer})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change some fields of a project."""
        return self._change(request, pk, self.body(ProjectInputSerializer, partial=True))

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete a project; it can be restored."""
        actor = actor_of(request)
        services.delete_project(actor, self.locked(self.visible(actor), pk))
        return gone()

    def _change(self, request: Request, pk: UUID, changes: dict[str, Any]) -> Response:
        actor = actor_of(request)
        services.change_project(actor, self.locked(self.visible(actor), pk), **changes)
        return self.shown_to(actor, pk)


class ProjectRestorations(ApiView[Project]):
    serializer_class = ProjectDetailSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Project]:
        """The same, and for the team the deleted projects too."""
        return Project.objects.restorable_to(actor)

    @extend_schema(request=None, responses={201: ProjectDetailSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Bring a deleted project back."""
        actor = actor_of(request)
        services.restore_project(actor, self.locked(self.visible(actor), pk))
        return self.shown_to(actor, pk, status=201)


class PhaseList(ListView[Phase]):
    serializer_class = PhaseSerializer
    filters: ClassVar[Any] = {"status": by_choice("status", Phase.Status.values)}
    sorts: ClassVar[Any] = {"position": POSITION}
    default_sort = "position"

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Phase]:
        """The phases of a project."""
        return Phase.objects.visible_to(actor).filter(project_id=parents["project_id"])

    def parent(self, actor: Actor, **parents: UUID) -> QuerySet[Project]:
        """The project."""
        return Project.objects.visible_to(actor).filter(id=parents["project_id"])


class PhaseDetail(DetailView[Phase]):
    serializer_class = PhaseSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Phase]:
        """The phases of a project."""
        return Phase.objects.visible_to(actor).filter(project_id=parents["project_id"])

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the phase that the path names by its key."""
        rows = self.visible(actor, project_id=kwargs["project_id"])
        return self.read_one(request, rows.filter(key=kwargs["key"]))

    @extend_schema(request=PhaseInputSerializer, responses={200: PhaseSerializer})
    def put(self, request: Request, project_id: UUID, key: str) -> Response:
        """Replace what is planned of a phase."""
        return self._change(request, project_id, key, self.body(PhaseInputSerializer))

    @extend_schema(request=PhaseInputSerializer, responses={200: PhaseSerializer})
    def patch(self, request: Request, project_id: UUID, key: str) -> Response:
        """Change the name or the due date of a phase."""
        return self._change(request, project_id, key, self.body(PhaseInputSerializer, partial=True))

    def _change(
        self, request: Request, project_id: UUID, key: str, changes: dict[str, Any]
    ) -> Response:
        actor = actor_of(request)
        project = services.locked_project(actor, project_id)
        rows = self.visible(actor, project_id=project_id)
        phase = self.locked(rows, _id_of(rows, key))
        services.change_phase(actor, project, phase.key, **changes)
        return self.shown(rows, phase.id)


class PhaseCompletions(ApiView[Project]):
    serializer_class = ProjectDetailSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Project]:
        """The projects of the organization; a contact sees those of his companies."""
        return Project.objects.visible_to(actor)

    @extend_schema(request=PhaseCompletionSerializer, responses={201: ProjectDetailSerializer})
    def post(self, request: Request, project_id: UUID, key: str) -> Response:
        """Complete or skip the current phase; the answer is the project as it is then."""
        actor, rows = actor_of(request), self.visible(actor_of(request))
        body = self.body(PhaseCompletionSerializer)
        services.complete_phase(actor, self.locked(rows, project_id), key, **body)
        return self.shown(rows, project_id, status=201)


class PhaseActionCompletions(ApiView[Project]):
    serializer_class = ProjectDetailSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Project]:
        """The projects of the organization; a contact sees those of his companies."""
        return Project.objects.visible_to(actor)

    @extend_schema(request=None, responses={201: PhaseSerializer})
    def post(self, request: Request, project_id: UUID, key: str, action: str) -> Response:
        """Record that the client did what the phase asks; the answer is the phase."""
        actor = actor_of(request)
        project = self.locked(self.visible(actor), project_id)
        done = services.complete_action(actor, project, key, action)
        return self.shown(
            Phase.objects.visible_to(actor), done.phase_id, PhaseSerializer, status=201
        )


def _id_of(rows: QuerySet[Phase], key: str) -> UUID:
    found: UUID | None = rows.filter(key=key).values_list("id", flat=True).first()
    if found is None:
        raise NotFound
    return found
