"""Who works on a project, in which part, and who takes over when somebody leaves (R29, R144)."""

from collections.abc import Collection
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.accounts.models import Membership
from apps.accounts.permissions import LEADERS, require
from apps.core.actors import CLIENT, STAFF, Actor
from apps.core.errors import InvalidFields
from apps.core.models import revise
from apps.events.outbox import publish, record
from apps.projects.errors import MemberTwice, NotTheLead, OnlyLooksOn
from apps.projects.models import Project, ProjectMember

MEMBERS_OF_PROJECT = 100


@transaction.atomic
def add_member(actor: Actor, project: Project, *, user_id: UUID, role: str) -> ProjectMember:
    """Let a person of the team work on a locked project.

    Leaders, the project's manager and its leads decide on that. Raises PermissionDenied,
    NotTheLead, MemberTwice, InvalidFields.
    """
    _require_lead(actor, project)
    team = Membership.objects.filter(organization_id=actor.organization_id, is_active=True)
    if not team.filter(user_id=user_id).exclude(role=CLIENT).exists():
        raise InvalidFields(user_id="There is no such person in the team.")
    if project.members.count() >= MEMBERS_OF_PROJECT:
        raise InvalidFields(user_id=f"A project has at most {MEMBERS_OF_PROJECT} members.")
    try:
        with transaction.atomic():
            member = ProjectMember.objects.create(
                organization_id=actor.organization_id, project=project, user_id=user_id, role=role
            )
    except IntegrityError as error:
        raise MemberTwice from error
    _record(actor, "project_member.added", member)
    return member


@transaction.atomic
def change_project_role(
    actor: Actor, project: Project, member: ProjectMember, *, role: str
) -> ProjectMember:
    """Give a member of a locked project another part. Raises as `add_member` does."""
    _require_lead(actor, project)
    if member.role != role:
        before = member.role
        revise(member, role=role)
        _record(actor, "project_member.changed", member, before)
    return member


@transaction.atomic
def remove_member(actor: Actor, project: Project, member: ProjectMember) -> None:
    """Take a person off a locked project. Raises PermissionDenied, NotTheLead."""
    _require_lead(actor, project)
    _record(actor, "project_member.removed", member)
    member.delete()


def require_hand(actor: Actor, project: Project) -> None:
    """Raise OnlyLooksOn for staff who are viewers of the project; leaders are above such parts."""
    if actor.role != STAFF or project.manager_id == actor.user_id:
        return
    if _own(actor, project).filter(role=ProjectMember.Role.VIEWER).exists():
        raise OnlyLooksOn


def join_own_project(actor: Actor, project: Project) -> None:
    """Let staff who see only assigned projects see the one that they have begun."""
    if actor.only_assigned and project.manager_id != actor.user_id:
        ProjectMember.objects.create(
            organization_id=actor.organization_id, project=project, user_id=actor.user_id,
            role=ProjectMember.Role.LEAD,
        )  # fmt: skip


def teams_of(project_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return for each project who works on it, its manager among them. Two queries."""
    teams: dict[UUID, set[UUID]] = {pk: set() for pk in project_ids}
    places = ProjectMember.objects.filter(project_id__in=project_ids)
    managers = Project.objects.filter(id__in=project_ids, manager_id__isnull=False)
    pairs = [
        *places.values_list("project_id", "user_id"), *managers.values_list("id", "manager_id")
    ]  # fmt: skip
    for project_id, user_id in pairs:
        if user_id is not None:
            teams[project_id].add(user_id)
    return teams


@transaction.atomic
def hand_over_projects(actor: Actor, leaver_id: UUID, successor_id: UUID) -> dict[str, int]:
    """Give the projects and places of a colleague who leaves to his successor.

    Deleted projects too: they can come back, and none may be without its owner.
    """
    managed = Project.objects.filter(
        organization_id=actor.organization_id, manager_id=leaver_id
    )  # fmt: skip
    projects = list(managed.select_for_update(of=("self",)).order_by("id"))
    for project in projects:
        revise(project, manager_id=successor_id)
        publish(
            actor, "project.updated", project, audience="client", id=project.id,
            client_id=project.client_id, name=project.name, changed=["manager_id"],
        )  # fmt: skip
    return {"projects": len(projects), "project_places": _hand_over_places(leaver_id, successor_id)}


def _hand_over_places(leaver_id: UUID, successor_id: UUID) -> int:
    """Move the places of row security's organization; where both had one, the stronger stays."""
    rows = ProjectMember.objects.select_for_update(of=("self",))
    known = {row.project_id: row for row in rows.filter(user_id=successor_id)}
    order = list(ProjectMember.Role.values)
    places = list(rows.filter(user_id=leaver_id).order_by("id"))
    for place in places:
        other = known.get(place.project_id)
        if other is None:
            revise(place, user_id=successor_id)
            continue
        stronger = min(place.role, other.role, key=order.index)
        if stronger != other.role:
            revise(other, role=stronger)
        place.delete()
    return len(places)


def _own(actor: Actor, project: Project) -> QuerySet[ProjectMember]:
    return ProjectMember.objects.filter(project=project, user_id=actor.user_id)


def _require_lead(actor: Actor, project: Project) -> None:
    require(actor, "project_members.write")
    if actor.role in LEADERS or project.manager_id == actor.user_id:
        return
    if not _own(actor, project).filter(role=ProjectMember.Role.LEAD).exists():
        raise NotTheLead


def _record(actor: Actor, action: str, member: ProjectMember, before: str | None = None) -> None:
    record(
        actor, action, member, user_ids=[member.user_id],
        before={"role": before} if before else None, after={"role": member.role},
        project=str(member.project_id),
    )  # fmt: skip
