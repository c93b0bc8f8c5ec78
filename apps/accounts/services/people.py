"""People and their memberships; what a contact may reach."""

from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction

from apps.accounts import passwords
from apps.accounts.errors import EmailTaken
from apps.accounts.models import Membership, User
from apps.accounts.strength import check_strength
from apps.core.actors import Actor
from apps.core.errors import InvalidFields
from apps.core.models import revise
from apps.events.outbox import record
from apps.organizations.models import Organization


@transaction.atomic
def create_person(
    organization: Organization, *, email: str, password: str, role: str, first_name: str = "",
    last_name: str = "",
) -> Membership:  # fmt: skip
    """Make a person with a membership. Raises EmailTaken, WeakPassword.

    Callers decide the role; no request body may.
    """
    check_strength(password, email)
    names = {"first_name": first_name, "last_name": last_name}
    return add_person(organization, email, passwords.hashed(password), role, **names)


@transaction.atomic
def add_person(
    organization: Organization, email: str, encoded: str, role: str, **columns: Any
) -> Membership:
    """Make a person whose password is hashed already, with a membership. Raises EmailTaken."""
    try:
        with transaction.atomic():
            user = User.objects.create(
                email=email.strip().lower(),
                password=encoded,
                is_staff=opens_admin(role),
                **columns,
            )
    except IntegrityError as error:
        raise EmailTaken from error
    return Membership.objects.create(organization=organization, user=user, role=role)


def opens_admin(role: str) -> bool:
    """Whether people of a role may open the admin site."""
    return role in {Membership.Role.OWNER, Membership.Role.ADMIN}


@transaction.atomic
def set_client_access(
    organization_id: UUID, user_id: UUID, client_id: UUID, contact_role: str | None
) -> None:
    """Give a contact his role at a client company, or take it away with None."""
    rows = Membership.objects.select_for_update()
    membership = rows.get(organization_id=organization_id, user_id=user_id)
    access = dict(zip(membership.client_ids, membership.contact_roles, strict=True))
    if contact_role is None:
        access.pop(client_id, None)
    else:
        access[client_id] = contact_role
    membership.client_ids, membership.contact_roles = list(access), list(access.values())
    membership.save(update_fields=["client_ids", "contact_roles"])


@transaction.atomic
def change_profile(actor: Actor, user: User, **changes: str) -> User:
    """Change what a person may change of himself: name, phone, locale, time zone."""
    if "timezone" in changes and changes["timezone"] not in available_timezones():
        raise InvalidFields(timezone="This is no IANA time zone such as Europe/Berlin.")
    if changes:
        revise(user, **changes)
        record(actor, "profile.changed", user, user_ids=[user.id])
    return user
