"""Who may use the routes of projects (C18)."""

from typing import Any

from apps.core.tenancy import organization_scope
from apps.projects.models import Project
from tests.access import Table, World
from tests.projects.factories import do_actions, make_project


def _project(world: World) -> list[Any]:
    return [make_project(world.client_a).id]


def _deleted_project(world: World) -> list[Any]:
    project = make_project(world.client_a)
    with organization_scope(world.organization.id):
        Project.objects.filter(id=project.id).update(deleted_at=project.created_at)
    return [project.id]


def _ready_phase(world: World) -> list[Any]:
    project = make_project(world.client_a)
    do_actions(project)
    return [project.id, "onboarding"]


def _action(world: World) -> list[Any]:
    return [make_project(world.client_a).id, "onboarding", "complete_brief"]


def _body(world: World) -> dict[str, Any]:
    return {"name": "Poster", "client_id": str(world.client_a.id)}


TABLE = Table(
    matrix={
        # (method, route)        anonymous owner staff accountant alice bob mallory
        ("get", "service-type-list"): (401, 200, 200, 200, 200, 200, 200),
        ("get", "phase-library-list"): (401, 200, 200, 200, 200, 200, 200),
        ("get", "project-list"): (401, 200, 200, 200, 200, 200, 200),
        ("post", "project-list"): (401, 201, 201, 403, 403, 403, 400),
        ("get", "project-detail"): (401, 200, 200, 200, 200, 404, 404),
        ("put", "project-detail"): (401, 200, 200, 403, 403, 404, 404),
        ("patch", "project-detail"): (401, 200, 200, 403, 403, 404, 404),
        ("delete", "project-detail"): (401, 200, 200, 403, 403, 404, 404),
        ("post", "project-restorations"): (401, 201, 201, 403, 404, 404, 404),
        ("get", "phase-list"): (401, 200, 200, 200, 200, 404, 404),
        ("get", "phase-detail"): (401, 200, 200, 200, 200, 404, 404),
        ("put", "phase-detail"): (401, 200, 200, 403, 403, 404, 404),
        ("patch", "phase-detail"): (401, 200, 200, 403, 403, 404, 404),
        ("post", "phase-completions"): (401, 201, 201, 403, 403, 404, 404),
        ("post", "phase-action-completions"): (401, 201, 201, 403, 201, 404, 404),
    },
    arguments={
        "project-detail": _project,
        "project-restorations": _deleted_project,
        "phase-list": _project,
        "phase-detail": _ready_phase,
        "phase-completions": _ready_phase,
        "phase-action-completions": _action,
    },
    bodies={
        ("post", "project-list"): _body,
        ("put", "project-detail"): _body,
        ("put", "phase-detail"): lambda _world: {"name": "Kick-off"},
        ("patch", "phase-detail"): lambda _world: {"due_date": "2027-01-31"},
        ("patch", "project-detail"): lambda _world: {"priority": "high"},
    },
)
