"""The people of an organization: their roles, switching them off, and handing over (R24, R144)."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from apps.accounts.errors import ContactStaysContact, LastOwner, OwnerOnly, OwnRole
from apps.accounts.models import CustomRole, Membership, User
from apps.accounts.permissions import LEADERS, actions_of, require, require_grantable
from apps.accounts.services.ending import end_sessions_of
from apps.accounts.services.keys import require_person, revoke_keys_of
from apps.core.actors import CLIENT, OWNER, Actor
from apps.core.errors import InvalidFields
from apps.core.models import revise
from apps.events.outbox import record
from apps.organizations.models import Organization


def lock_member(actor: Actor, user_id: UUID) -> Membership | None:
    """Return a person of the organization, locked together with its owners, or None.

    The lock on the organization makes two changes follow each other: without it two owners could
    lower each other at the same moment.
    """
    Organization.objects.select_for_update(no_key=True).get(id=actor.organization_id)
    rows = Membership.objects.visible_to(actor).select_related("user", "custom_role")
    return rows.select_for_update(of=("self",)).filter(user_id=user_id).first()


@transaction.atomic
def change_member(actor: Actor, member: Membership, **changes: Any) -> Membership:
    """Set `role`, `custom_role_id` or `is_active` of a member from `lock_member`.

    A custom role brings its base; a built-in role takes the custom one away. Who loses a right, or
    is switched off, is signed out everywhere. Raises PermissionDenied, NotForKeys, OwnRole,
    OwnerOnly, LastOwner, ContactStaysContact, InvalidFields.
    """
    columns = _columns(actor, changes)
    changed = {name: value for name, value in columns.items() if getattr(member, name) != value}
    _require_right(actor, member)
    if not changed:
        return member
    _check(actor, member, changed)
    before, had = _told(member), _rights(member)
    revise(member, **changed)
    member = Membership.objects.select_related("user", "custom_role").get(id=member.id)
    _open_admin_pages(member)
    record(
        actor, "member.changed", member, user_ids=[member.user_id], before=before,
        after=_told(member),
    )  # fmt: skip
    if not member.is_active:
        end_sessions_of(actor, member, reason="deactivated")
    elif had - _rights(member):
        end_sessions_of(actor, member, reason="role_lowered")
    return member


@transaction.atomic
def depart(actor: Actor, member: Membership, *, successor_id: UUID) -> dict[str, int]:
    """Let a member of the team go and hand over what is his; return how much of what moved.

    One transaction: he is switched off, his sessions and keys end, and each consumer of
    `settings.HANDOVERS` gives what has an owner to the successor. Repeating it moves what came
    later. Raises as `change_member` does, and InvalidFields for a successor who cannot take over.
    """
    _require_right(actor, member)
    if member.role == CLIENT:
        raise ContactStaysContact
    successor = _successor(actor, member, successor_id)
    change_member(actor, member, is_active=False)
    moved = {"api_keys": revoke_keys_of(actor, member, reason="departed")}
    for path in settings.HANDOVERS:
        moved |= import_string(path)(actor, member.user_id, successor.user_id)
    record(
        actor, "member.departed", Membership.objects.get(id=member.id),
        user_ids=[successor.user_id], successor=str(successor.user_id), moved=moved,
    )  # fmt: skip
    return moved


def _require_right(actor: Actor, member: Membership) -> None:
    require(actor, "users.write")
    require_person(actor)
    if member.user_id == actor.user_id:
        raise OwnRole
    if member.role == OWNER and actor.role != OWNER:
        raise OwnerOnly


def _columns(actor: Actor, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that the wanted changes come to."""
    columns = {"custom_role_id": None} | changes if "role" in changes else dict(changes)
    if columns.get("custom_role_id") is not None:
        roles = CustomRole.objects.visible_to(actor)
        role = roles.filter(id=columns["custom_role_id"]).first()
        if role is None:
            raise InvalidFields(custom_role_id="There is no such role.")
        if columns.setdefault("role", role.base) != role.base:
            raise InvalidFields(role=f"This custom role is made from {role.base}.")
    return columns


def _check(actor: Actor, member: Membership, changed: dict[str, Any]) -> None:
    role = changed.get("role", member.role)
    if CLIENT in {role, member.role} and role != member.role:
        raise ContactStaysContact
    if member.role == CLIENT and changed.get("custom_role_id") is not None:
        raise ContactStaysContact
    if role == OWNER and OWNER not in {member.role, actor.role}:
        raise OwnerOnly
    if changed.keys() & {"role", "custom_role_id"}:
        custom_id = changed.get("custom_role_id", member.custom_role_id)
        custom = CustomRole.objects.get(id=custom_id) if custom_id else None
        require_grantable(actor, role, custom.denied if custom else ())
    if member.role == OWNER and (role != OWNER or changed.get("is_active") is False):
        owners = Membership.objects.filter(
            organization_id=member.organization_id, role=OWNER, is_active=True,
            user__is_active=True,
        )  # fmt: skip
        if not owners.exclude(id=member.id).exists():
            raise LastOwner


def _successor(actor: Actor, member: Membership, successor_id: UUID) -> Membership:
    rows = Membership.objects.visible_to(actor).filter(is_active=True, user__is_active=True)
    team = rows.exclude(role=CLIENT).exclude(id=member.id).filter(user__is_service=False)
    found = team.filter(user_id=successor_id).first()
    if found is None:
        raise InvalidFields(successor_id="There is no such person in the team.")
    return found


def _open_admin_pages(member: Membership) -> None:
    """Let leaders into the admin pages, which know no custom roles, and everybody else out."""
    leading = Membership.objects.filter(
        user_id=member.user_id, role__in=LEADERS, is_active=True, custom_role=None
    )
    User.objects.filter(id=member.user_id).update(is_staff=leading.exists())


def _rights(member: Membership) -> frozenset[str]:
    return actions_of(member.role, member.custom_role.denied if member.custom_role else ())


def _told(member: Membership) -> dict[str, Any]:
    custom = member.custom_role.name if member.custom_role else None
    return {"role": member.role, "custom_role": custom, "is_active": member.is_active}
