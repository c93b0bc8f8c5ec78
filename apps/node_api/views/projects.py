"""Projects on the old face: `/api/projects*`."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse

from apps.clients.models import Client
from apps.core.actors import Actor
from apps.core.errors import NotFound
from apps.core.filters import by_choice
from apps.core.renderers import Rendered
from apps.files.models import File
from apps.node_api.answers import answer
from apps.node_api.api import NodeView, id_of
from apps.node_api.errors import Said
from apps.node_api.lists import NumberedList
from apps.node_api.pages import NumberedPage, named_total
from apps.node_api.rendering import array_of, members_of
from apps.node_api.shapes.files import DeliverableRow, tag_of_phase
from apps.node_api.shapes.projects import (
    PhaseRow,
    PhaseTarget,
    ProjectDetailRow,
    ProjectForm,
    ProjectListRow,
    ProjectPage,
    ProjectRow,
    ProjectSingleRow,
    columns_of,
)
from apps.projects import services
from apps.projects.models import Phase, Project, ServiceType


class ProjectArea(NodeView):
    thing = "Project"

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Project]:
        """The team sees all, a contact the projects of his companies."""
        return Project.objects.visible_to(actor)


class ProjectList(ProjectArea, NumberedList):
    team_only = ("post",)
    key = "projects"
    row = ProjectListRow
    form = ProjectPage
    filters: ClassVar[Any] = {
        "status": by_choice("status", Project.Status.values),
        "priority": by_choice("priority", Project.Priority.values),
    }
    sorts: ClassVar[Any] = {
        name: name
        for name in ("created_at", "updated_at", "name", "due_date", "status", "priority")
    }
    search = ("name", "description")
    echoed = ("status", "priority", "search", "sort", "order")

    def pagination(self, page: NumberedPage) -> dict[str, Any]:
        """Return the old shape."""
        return named_total(page, "totalProjects")

    def post(self, actor: Actor) -> HttpResponse:
        """Begin a project of the admin form or of the old API."""
        form = self.body(ProjectForm)
        currency = self.currency_of(actor, form["client_id"])
        fields = columns_of(form, {}, currency)
        code = fields.get("custom", {}).get("service_type", "")
        known = ServiceType.objects.visible_to(actor).filter(code=code).exists()
        later = fields.pop("status", "planning")
        begun = later if later in {"planning", "in_progress"} else "planning"
        project = services.create_project(
            actor, client_id=form["client_id"], status=begun,
            service_type=code if known else None, **fields,
        )  # fmt: skip
        if later != begun:
            services.change_project(actor, project, status=later)
        rows = self.visible(actor).filter(id=project.id)
        body = {"message": "Project created successfully", "project": self.shown(rows, ProjectRow)}
        return answer(body, status=201)

    def currency_of(self, actor: Actor, client_id: UUID) -> str:
        """Return the client's currency; refuses a client that is not there or not active."""
        rows = Client.objects.visible_to(actor).filter(id=client_id, status="active")
        currency = rows.values_list("currency", flat=True).first()
        if currency is None:
            raise Said(400, "Invalid client ID or client is not active")
        return str(currency)


class ProjectDetail(ProjectArea):
    team_only = ("delete", "put")

    def get(self, actor: Actor, pk: str) -> HttpResponse:
        """Show one project."""
        rows = self.visible(actor).filter(id=id_of(pk, label="project"))
        return answer({"project": self.shown(rows, ProjectSingleRow)})

    def put(self, actor: Actor, pk: str) -> HttpResponse:
        """Change what was given of a project."""
        project_id = id_of(pk, label="project")
        project = self.locked(self.visible(actor), project_id)
        form = self.body(ProjectForm, self.with_present(project))
        changes = columns_of(form, project.custom, project.currency)
        if form["client_id"] != project.client_id:
            changes["client_id"] = form["client_id"]
        services.change_project(actor, project, **changes)
        rows = self.visible(actor).filter(id=project_id)
        shown = self.shown(rows, ProjectRow)
        return answer({"message": "Project updated successfully", "project": shown})

    def with_present(self, project: Project) -> dict[str, Any]:
        """Return the body, with the members that a form needs filled from the project."""
        given = {name: value for name, value in self.given().items() if value not in ("", None)}
        return {"name": project.name, "client_id": str(project.client_id)} | given

    def delete(self, actor: Actor, pk: str) -> HttpResponse:
        """Delete a project; it can be brought back on the versioned face."""
        project = self.locked(self.visible(actor), id_of(pk, label="project"))
        services.delete_project(actor, project)
        return answer({"message": "Project deleted successfully"})


class ProjectDetails(ProjectArea):
    def get(self, actor: Actor, pk: str) -> HttpResponse:
        """Show one project for its page; `current_phase` counts from 0 here (trap 3)."""
        rows = self.visible(actor).filter(id=id_of(pk, label="project"))
        return answer({"project": self.shown(rows, ProjectDetailRow)})


class ProjectPhases(ProjectArea):
    def get(self, actor: Actor, pk: str) -> HttpResponse:
        """List the phases of a project with their state."""
        rows = self.visible(actor).filter(id=id_of(pk, label="project"))
        project = members_of(self.shown(rows, ProjectDetailRow))
        phases = project.pop("phases")
        return answer({
            "project": project, "phases": phases, "total_phases": len(phases),
            "current_phase": project["current_phase_index"] + 1,
        })  # fmt: skip


class ProjectPhase(ProjectArea):
    """The tab of a phase, counted from 1."""

    def get(self, actor: Actor, pk: str, number: str) -> HttpResponse:
        """Show a phase with its actions, files and counts."""
        project_id = id_of(pk, label="project")
        phases = Phase.objects.visible_to(actor).filter(project_id=project_id)
        keys = list(phases.order_by("position").values_list("id", "key"))
        if not keys:
            raise NotFound
        if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= len(keys):
            raise Said(404, "Invalid phase number")
        phase_id, key = keys[int(number) - 1]
        phase = self.shown(phases.filter(id=phase_id), PhaseRow)
        files = File.objects.visible_to(actor).filter(
            project_id=project_id, tags__contains=[tag_of_phase(key)]
        )
        return answer(phase_members(phase, array_of(files, DeliverableRow), files.count()))


def phase_members(phase: Rendered, files: Rendered, count: int) -> dict[str, Any]:
    """Return the members of a phase tab; actions and their counts stand beside the phase."""
    row = members_of(phase)
    actions, total = row.pop("actions"), row.pop("total_actions")
    done = row.pop("completed_actions")
    return {
        "phase": row,
        "actions": actions,
        "files": files,
        "deliverables": files,
        "activity": [],
        "statistics": {
            "total_actions": total,
            "completed_actions": done,
            "pending_actions": total - done,
            "file_count": count,
        },
    }  # fmt: skip


class ProjectMove(ProjectArea):
    """What both ways of the pages to a later phase share."""

    def moved(self, actor: Actor, pk: str, name: str, first: int) -> HttpResponse:
        """Move to the phase that the member `name` of the body counts from `first`."""
        project_id = id_of(pk, label="project")
        project = services.locked_project(actor, project_id)
        target = self.body(PhaseTarget).get(name)
        if target is None:
            raise Said(400, f"{name} is required")
        advance(actor, project, target - first)
        rows = self.visible(actor).filter(id=project_id)
        shown = self.shown(rows, ProjectRow)
        return answer({"message": "Project phase updated successfully", "project": shown})


class ProjectPhaseSet(ProjectMove):
    team_only = ("put",)

    def put(self, actor: Actor, pk: str) -> HttpResponse:
        """Set `phase`, from 1 to 8, as the admin page counts."""
        return self.moved(actor, pk, "phase", 1)


class ProjectPhaseAdvance(ProjectMove):
    team_only = ("post",)

    def post(self, actor: Actor, pk: str) -> HttpResponse:
        """Advance to `target_phase_index`, from 0 to 7, as the portal counts."""
        return self.moved(actor, pk, "target_phase_index", 0)


def advance(actor: Actor, project: Project, index: int) -> None:
    """Complete the phases before `index`; one whose client actions are open is skipped.

    The old server moved the mark without a question; the reason records that it was so. Raises
    Said for a phase that is behind or beyond.
    """
    phases = list(project.phases.order_by("position"))
    current = next((n for n, phase in enumerate(phases) if phase.status == "active"), len(phases))
    if index >= len(phases):
        raise Said(400, "The project has no such phase")
    if index < current:
        raise Said(400, "A project moves to a later phase only")
    for phase in phases[current:index]:
        open_actions = phase.actions.filter(is_required=True, completed_at__isnull=True)
        skip = open_actions.exists()
        reason = "Set to a later phase in the old admin page" if skip else ""
        services.complete_phase(actor, project, phase.key, skip=skip, reason=reason)
