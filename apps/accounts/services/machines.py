"""Service accounts: members that are programs. They have keys and no other way in (P17, P20)."""

from typing import Any

from django.db import transaction

from apps.accounts.models import Membership, User
from apps.accounts.permissions import require, require_grantable
from apps.accounts.services.keys import require_person, revoke_keys_of
from apps.core.actors import ACCOUNTANT, ADMIN, STAFF, Actor
from apps.core.errors import InvalidFields
from apps.core.ids import uuid7
from apps.core.models import revise
from apps.events.outbox import record
from apps.organizations.models import Organization

ROLES = (ADMIN, STAFF, ACCOUNTANT)
ACCOUNTS_OF_ORGANIZATION = 100
# RFC 6761, section 6.4: no name under it ever resolves, so no mail leaves for such an address.
ADDRESS = "{id}@service.invalid"


@transaction.atomic
def create_service_account(actor: Actor, *, name: str, role: str) -> Membership:
    """Make a service account with a role of the team, never owner.

    Raises PermissionDenied, NotForKeys, InvalidFields when there are too many.
    """
    require(actor, "service_accounts.write")
    require_person(actor)
    require_grantable(actor, role)
    Organization.objects.select_for_update(no_key=True).get(id=actor.organization_id)
    rows = Membership.objects.services_of(actor).filter(is_active=True)
    if rows.count() >= ACCOUNTS_OF_ORGANIZATION:
        raise InvalidFields(name=f"There are {ACCOUNTS_OF_ORGANIZATION} service accounts already.")
    pk = uuid7()
    user = User(id=pk, email=ADDRESS.format(id=pk), first_name=name, is_service=True)
    user.set_unusable_password()
    user.save(force_insert=True)
    account = Membership.objects.create(organization_id=actor.organization_id, user=user, role=role)
    record(
        actor, "service_account.created", account, after={"name": name, "role": role},
    )  # fmt: skip
    return account


@transaction.atomic
def change_service_account(actor: Actor, account: Membership, **changes: Any) -> Membership:
    """Set name, role or `is_active` of a locked service account; it counts at once.

    Raises PermissionDenied, NotForKeys.
    """
    require(actor, "service_accounts.write")
    require_person(actor)
    require_grantable(actor, changes.get("role", account.role))
    before = _told(account)
    name = changes.pop("name", account.user.first_name)
    if name != account.user.first_name:
        revise(account.user, first_name=name)
    changed = {field: value for field, value in changes.items() if getattr(account, field) != value}
    if changed:
        revise(account, **changed)
    if before != _told(account):
        record(actor, "service_account.changed", account, before=before, after=_told(account))
    return account


@transaction.atomic
def remove_service_account(actor: Actor, account: Membership) -> None:
    """Switch a locked service account off and end its keys; its history stays.

    Raises PermissionDenied, NotForKeys.
    """
    change_service_account(actor, account, is_active=False)
    revoke_keys_of(actor, account, reason="service_account_removed")


def _told(account: Membership) -> dict[str, Any]:
    return {
        "name": account.user.first_name, "role": account.role, "is_active": account.is_active,
    }  # fmt: skip
