"""Custom roles: a built-in role with actions taken away, and what is lost by a change (R29)."""

from collections.abc import Callable, Collection
from typing import Any

from django.db import IntegrityError, transaction

from apps.accounts.errors import RoleInUse, RoleTwice
from apps.accounts.models import CustomRole, Membership
from apps.accounts.permissions import RULES, deniable, require
from apps.accounts.services.ending import end_sessions_of
from apps.accounts.services.keys import require_person
from apps.core.actors import Actor
from apps.core.errors import InvalidFields
from apps.core.models import revise
from apps.events.outbox import record
from apps.organizations.models import Organization

ROLES_OF_ORGANIZATION = 50


@transaction.atomic
def create_role(actor: Actor, *, name: str, base: str, denied: Collection[str]) -> CustomRole:
    """Make a custom role. Raises PermissionDenied, NotForKeys, RoleTwice, InvalidFields."""
    _require(actor)
    Organization.objects.select_for_update(no_key=True).get(id=actor.organization_id)
    if CustomRole.objects.visible_to(actor).count() >= ROLES_OF_ORGANIZATION:
        raise InvalidFields(name=f"There are {ROLES_OF_ORGANIZATION} roles already.")
    role = CustomRole(
        organization_id=actor.organization_id, name=name, base=base, denied=_checked(base, denied)
    )
    _saved_once(lambda: role.save(force_insert=True))
    record(actor, "role.created", role, after=_told(role))
    return role


@transaction.atomic
def change_role(actor: Actor, role: CustomRole, **changes: Any) -> CustomRole:
    """Change name or denied actions of a locked role; it counts at the next request.

    Who loses an action by it is signed out. The base stays: a person is given another role.
    Raises as `create_role` does.
    """
    _require(actor)
    if changes.pop("base", role.base) != role.base:
        raise InvalidFields(base="The base of a role stays. Make another role.")
    if "denied" in changes:
        changes["denied"] = _checked(role.base, changes["denied"])
    changed = {name: value for name, value in changes.items() if getattr(role, name) != value}
    if not changed:
        return role
    before = _told(role)
    lost = set(changed.get("denied", role.denied)) - set(role.denied)
    _saved_once(lambda: revise(role, **changed))
    record(actor, "role.changed", role, before=before, after=_told(role))
    if lost:
        for member in Membership.objects.filter(custom_role=role).order_by("id"):
            end_sessions_of(actor, member, reason="role_lowered")
    return role


@transaction.atomic
def delete_role(actor: Actor, role: CustomRole) -> None:
    """Delete a locked role that nobody has. Raises PermissionDenied, NotForKeys, RoleInUse."""
    _require(actor)
    if Membership.objects.filter(custom_role=role).exists():
        raise RoleInUse
    record(actor, "role.deleted", role, before=_told(role))
    role.delete()


def _require(actor: Actor) -> None:
    require(actor, "roles.write")
    require_person(actor)


def _checked(base: str, denied: Collection[str]) -> list[str]:
    unknown = sorted(set(denied) - RULES.keys())
    if unknown:
        raise InvalidFields(denied=f"There is no such action: {', '.join(unknown[:5])[:200]}.")
    fixed = sorted(set(denied) - deniable(base))
    if fixed:
        raise InvalidFields(denied=f"Not an action that {base} can lose: {', '.join(fixed[:5])}.")
    return sorted(set(denied))


def _saved_once(save: Callable[[], Any]) -> None:
    try:
        with transaction.atomic():
            save()
    except IntegrityError as error:
        raise RoleTwice from error


def _told(role: CustomRole) -> dict[str, Any]:
    return {"name": role.name, "base": role.base, "denied": role.denied}
