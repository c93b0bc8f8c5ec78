"""Projects: begun with their phases, changed, moved between states, deleted, restored (P44)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NoReturn
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Membership
from apps.accounts.permissions import require
from apps.clients.models import Client
from apps.core import clock
from apps.core.actors import Actor
from apps.core.errors import InvalidFields
from apps.core.models import revise
from apps.core.money import Money
from apps.events.outbox import publish
from apps.projects.errors import (
    ClientArchived,
    ClientDeleted,
    FixedField,
    NothingToRestore,
    PhasesOpen,
    WrongStatus,
)
from apps.projects.models import Project, ServiceType
from apps.projects.services.beginnings import begin_project
from apps.projects.services.members import join_own_project, require_hand
from apps.projects.services.phases import open_phases, publish_consequences, reopen_last_phase

S = Project.Status
TRANSITIONS: Mapping[str, frozenset[str]] = {
    S.PLANNING: frozenset({S.IN_PROGRESS, S.ON_HOLD, S.CANCELLED}),
    S.IN_PROGRESS: frozenset({S.REVIEW, S.COMPLETED, S.ON_HOLD, S.CANCELLED}),
    S.REVIEW: frozenset({S.IN_PROGRESS, S.COMPLETED, S.ON_HOLD, S.CANCELLED}),
    S.ON_HOLD: frozenset({S.PLANNING, S.IN_PROGRESS, S.REVIEW, S.CANCELLED}),
    S.COMPLETED: frozenset({S.IN_PROGRESS}),  # reopened: its last phase is the current one again
    S.CANCELLED: frozenset({S.PLANNING}),
}
FIRST = (S.PLANNING, S.IN_PROGRESS)
SHOWN_AS = {"budget_minor": "budget", "currency": "budget"}


@transaction.atomic(savepoint=False)
def create_project(
    actor: Actor, *, client_id: UUID, name: str, service_type: str | None = None, **fields: Any
) -> Project:
    """Begin a project with the phases of its service type, else with the standard ones.

    `service_type` is a code; `fields` are columns of the project, and `budget` as Money or None.
    Raises PermissionDenied, ClientArchived, and InvalidFields for an unknown client, manager or
    service type, a first status other than planning and in_progress, and dates in wrong order.
    """
    require(actor, "projects.write")
    if fields.get("status", S.PLANNING) not in FIRST:
        raise InvalidFields(status="A project begins as planning or in_progress.")
    _check_dates(fields.get("start_date"), fields.get("due_date"))
    _check_manager(actor, fields.get("manager_id"))
    service = _service_type(actor, service_type) if service_type else None
    project = Project(
        organization_id=actor.organization_id, client_id=client_id, service_type=service,
        name=name, **_columns({"currency": ""} | fields),
    )  # fmt: skip
    if not begin_project(actor, project, service.phase_keys if service else []):
        _refuse_client(actor, client_id)
    join_own_project(actor, project)
    return project


@transaction.atomic
def change_project(actor: Actor, project: Project, **changes: Any) -> Project:
    """Set the given fields of a locked project; nothing is written when nothing differs.

    `status` follows `TRANSITIONS`. Raises PermissionDenied, WrongStatus, PhasesOpen, FixedField
    for another client or service type, InvalidFields as `create_project` does.
    """
    require(actor, "projects.write")
    require_hand(actor, project)
    _refuse_fixed(project, changes)
    status = changes.pop("status", project.status)
    columns = _columns(changes)
    changed = {name: value for name, value in columns.items() if getattr(project, name) != value}
    _check_dates(
        changed.get("start_date", project.start_date), changed.get("due_date", project.due_date)
    )
    _check_manager(actor, changed.get("manager_id"))
    if changed:
        revise(project, **changed)
        _publish_update(actor, project, sorted({SHOWN_AS.get(name, name) for name in changed}))
    if status != project.status:
        _change_status(actor, project, status)
    return project


@transaction.atomic
def delete_project(actor: Actor, project: Project) -> None:
    """Delete a locked project softly. Raises PermissionDenied."""
    require(actor, "projects.write")
    require_hand(actor, project)
    revise(project, deleted_at=clock.now())
    _publish_update(actor, project, ["deleted_at"])


@transaction.atomic
def restore_project(actor: Actor, project: Project) -> Project:
    """Undo the deletion of a locked project. Raises NothingToRestore, ClientDeleted."""
    require(actor, "projects.write")
    require_hand(actor, project)
    if project.deleted_at is None:
        raise NothingToRestore
    if not Client.objects.visible_to(actor).filter(id=project.client_id).exists():
        raise ClientDeleted
    revise(project, deleted_at=None)
    _publish_update(actor, project, ["deleted_at"])
    return project


def _refuse_client(actor: Actor, client_id: UUID) -> NoReturn:
    if Client.objects.visible_to(actor).filter(id=client_id).exists():
        raise ClientArchived
    raise InvalidFields(client_id="There is no such client.")


def _columns(fields: dict[str, Any]) -> dict[str, Any]:
    """Return `fields` with a `budget` taken apart into its columns."""
    columns = dict(fields)
    if "budget" in columns:
        budget: Money | None = columns.pop("budget")
        columns["budget_minor"] = budget.amount if budget else None
        if budget:
            columns["currency"] = budget.currency
    return columns


def _check_dates(start: date | None, due: date | None) -> None:
    if start is not None and due is not None and due < start:
        raise InvalidFields(due_date="This is before the start date.")


def _check_manager(actor: Actor, manager_id: UUID | None) -> None:
    if manager_id is None:
        return
    team = Membership.objects.filter(organization_id=actor.organization_id, is_active=True)
    if not team.filter(user_id=manager_id).exclude(role=Membership.Role.CLIENT).exists():
        raise InvalidFields(manager_id="There is no such person in the team.")


def _service_type(actor: Actor, code: str) -> ServiceType:
    service = ServiceType.objects.visible_to(actor).filter(code=code, is_active=True).first()
    if service is None:
        raise InvalidFields(service_type="There is no such service type.")
    return service


def _refuse_fixed(project: Project, changes: dict[str, Any]) -> None:
    """Take the fields out of `changes` that must stay; raises FixedField where one differs."""
    if changes.pop("client_id", project.client_id) != project.client_id:
        raise FixedField(field="client_id")
    if "service_type" in changes:
        present = project.service_type.code if project.service_type else None
        if changes.pop("service_type") != present:
            raise FixedField(field="service_type")


def _change_status(actor: Actor, project: Project, status: str) -> None:
    before, progress = project.status, project.progress
    if status not in TRANSITIONS[before]:
        allowed = sorted(TRANSITIONS[before])
        raise WrongStatus(**{"from": before, "to": status, "allowed": allowed})
    if status == S.COMPLETED:
        raise PhasesOpen(phases=open_phases(project))
    follow = reopen_last_phase(project) if before == S.COMPLETED else {}
    revise(project, status=status, **follow)
    publish_consequences(actor, project, before, progress)


def _publish_update(actor: Actor, project: Project, changed: list[str]) -> None:
    publish(
        actor, "project.updated", project, audience="client", id=project.id,
        client_id=project.client_id, name=project.name, changed=changed,
    )  # fmt: skip
