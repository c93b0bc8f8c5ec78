"""Phases: one after the other, each with what the client has to do in it (P45)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.permissions import require
from apps.core import clock
from apps.core.actors import SYSTEM, Actor
from apps.core.errors import InvalidFields, NotFound
from apps.core.models import revise
from apps.events.outbox import publish
from apps.projects.errors import (
    ActionCompleted,
    ClientActionsMissing,
    NotRunning,
    PhaseNotCurrent,
)
from apps.projects.models import Phase, PhaseAction, Project
from apps.projects.services.members import require_hand

RUNNING = (Project.Status.PLANNING, Project.Status.IN_PROGRESS, Project.Status.REVIEW)
SETTLED = (Phase.Status.COMPLETED, Phase.Status.SKIPPED)


def progress_of(phases: list[Phase]) -> int:
    """Return the share of phases that are completed or skipped, in percent.

    Rounded half up as the old pages do (1 of 8 is 13), but 100 only when none is open.
    """
    total = len(phases)
    settled = sum(phase.status in SETTLED for phase in phases)
    if settled == total:
        return 100
    return min(99, (200 * settled + total) // (2 * total))


def locked_project(actor: Actor, project_id: UUID) -> Project:
    """Return the visible project, locked until the transaction ends; raises NotFound.

    The lock of the project guards its phases and their actions too.
    """
    rows = Project.objects.visible_to(actor).select_for_update(of=("self",))
    project = rows.filter(id=project_id).first()
    if project is None:
        raise NotFound
    return project


@transaction.atomic
def change_phase(actor: Actor, project: Project, key: str, **changes: Any) -> Phase:
    """Set name or due date of a phase of a locked project. Raises PermissionDenied, NotFound."""
    require(actor, "projects.write")
    require_hand(actor, project)
    phase = project.phases.filter(key=key).first()
    if phase is None:
        raise NotFound
    changed = {name: value for name, value in changes.items() if getattr(phase, name) != value}
    if changed:
        revise(phase, **changed)
        revise(project)
        publish(
            actor, "project.updated", project, audience="client", id=project.id,
            client_id=project.client_id, name=project.name, changed=["phases"],
        )  # fmt: skip
    return phase


@transaction.atomic
def complete_phase(
    actor: Actor, project: Project, key: str, *, reason: str = "", skip: bool = False
) -> Project:
    """Complete or skip the current phase of a locked project and begin the next one.

    After the last phase the project is completed. Raises PermissionDenied, NotFound for an
    unknown key, NotRunning, PhaseNotCurrent, ClientActionsMissing (names them) and
    InvalidFields for a skip without a reason.
    """
    require(actor, "phases.advance")
    require_hand(actor, project)
    phases = _phases(project)
    phase = _current(project, phases, key)
    if skip and not reason.strip():
        raise InvalidFields(reason="Say why the phase is skipped.")
    if not skip:
        _require_client_actions(phase)
    now = clock.now()
    revise(
        phase,
        status=Phase.Status.SKIPPED if skip else Phase.Status.COMPLETED,
        completed_at=now,
        completed_by_id=_person(actor),
        reason=reason,
    )
    following = next((row for row in phases if row.status == Phase.Status.PENDING), None)
    if following is not None:
        revise(following, status=Phase.Status.ACTIVE, started_at=now)
    _advance(actor, project, phase, following, progress_of(phases), now)
    return project


@transaction.atomic
def complete_action(actor: Actor, project: Project, key: str, action_key: str) -> PhaseAction:
    """Record that the client did something which the current phase of a locked project needs.

    A contact with the role viewer may not. Raises PermissionDenied, NotFound, NotRunning,
    PhaseNotCurrent, ActionCompleted.
    """
    require(actor, "phase_actions.complete", project.client_id)
    require_hand(actor, project)
    phase = _current(project, _phases(project), key)
    action = phase.actions.filter(key=action_key).first()
    if action is None:
        raise NotFound
    if action.completed_at is not None:
        raise ActionCompleted(completed_at=clock.iso(action.completed_at))
    action.completed_at, action.completed_by_id = clock.now(), _person(actor)
    action.save(update_fields=["completed_at", "completed_by"])
    revise(phase)
    revise(project)
    publish(
        actor, "project.phase_action_completed", project, audience="client", id=project.id,
        client_id=project.client_id, phase=phase.key, action=action.key,
    )  # fmt: skip
    return action


@transaction.atomic
def reopen_last_phase(project: Project) -> dict[str, object]:
    """Make the last phase of a completed, locked project the current one again.

    Return the columns of the project that follow from it.
    """
    phases = _phases(project)
    last = phases[-1]
    revise(last, status=Phase.Status.ACTIVE, completed_at=None, completed_by_id=None, reason="")
    return {"current_phase": last.key, "progress": progress_of(phases), "completed_at": None}


def open_phases(project: Project) -> list[str]:
    """Return the keys of the phases that are neither completed nor skipped, in order."""
    return [phase.key for phase in _phases(project) if phase.status not in SETTLED]


def _phases(project: Project) -> list[Phase]:
    return list(project.phases.order_by("position"))


def _current(project: Project, phases: list[Phase], key: str) -> Phase:
    """Return the phase of `key` if work on it may go on; raises the refusals."""
    phase = next((row for row in phases if row.key == key), None)
    if phase is None:
        raise NotFound
    if project.status not in RUNNING:
        raise NotRunning(status=project.status)
    if phase.status != Phase.Status.ACTIVE:
        raise PhaseNotCurrent(phase=key, status=phase.status, current_phase=project.current_phase)
    return phase


def _require_client_actions(phase: Phase) -> None:
    missing = phase.actions.filter(is_required=True, completed_at__isnull=True)
    keys = list(missing.order_by("position").values_list("key", flat=True))
    if keys:
        raise ClientActionsMissing(phase=phase.key, actions=keys)


def _advance(
    actor: Actor,
    project: Project,
    phase: Phase,
    following: Phase | None,
    progress: int,
    now: datetime,
) -> None:
    before, earlier = project.status, project.progress
    if following is None:
        status = Project.Status.COMPLETED
    else:
        begun = before == Project.Status.PLANNING
        status = Project.Status.IN_PROGRESS if begun else Project.Status(before)
    revise(
        project,
        current_phase=following.key if following else "",
        progress=progress,
        status=status,
        completed_at=None if following else now,
    )
    members: dict[str, Any] = {"from": phase.key, "to": following.key if following else None}
    publish(
        actor, "project.phase_advanced", project, audience="client", id=project.id,
        client_id=project.client_id, name=project.name, progress=progress, **members,
    )  # fmt: skip
    publish_consequences(actor, project, before, earlier)


def publish_consequences(actor: Actor, project: Project, status: str, progress: int) -> None:
    """Publish what changed of status and progress, given the values before."""
    if project.progress != progress:
        publish(
            actor, "project.progress_changed", project, audience="client",
            id=project.id, client_id=project.client_id, progress=project.progress,
        )  # fmt: skip
    if project.status != status:
        way: dict[str, Any] = {"from": status, "to": project.status}
        publish(
            actor, "project.status_changed", project, audience="client", id=project.id,
            client_id=project.client_id, name=project.name, **way,
        )  # fmt: skip


def _person(actor: Actor) -> UUID | None:
    return None if actor.role == SYSTEM else actor.user_id
