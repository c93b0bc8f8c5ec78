"""People and their memberships; what a contact may reach."""

from uuid import UUID
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction

from apps.accounts import passwords
from apps.accounts.errors import EmailTaken, WeakPassword
from apps.accounts.models import Membership, User
from apps.core.actors import Actor
from apps.core.errors import InvalidFields
from apps.core.models import revise
from apps.events.outbox import record
from apps.organizations.models import Organization

PASSWORD_LENGTH = (8, 128)


@transaction.atomic
def create_person(
    organization: Organization, *, email: str, password: str, role: str, first_name: str = "",
    last_name: str = "",
) -> Membership:  # fmt: skip
    """Make a person with a membership. Raises EmailTaken, WeakPassword.

    Callers decide the role; no request body may.
    """
    check_strength(password)
    try:
        with transaction.atomic():
            user = User.objects.create(
                email=email.strip().lower(),
                password=passwords.hashed(password),
                first_name=first_name,
                last_name=last_name,
                is_staff=role in {Membership.Role.OWNER, Membership.Role.ADMIN},
            )
    except IntegrityError as error:
        raise EmailTaken from error
    return Membership.objects.create(organization=organization, user=user, role=role)


def check_strength(password: str) -> None:
    """Raise WeakPassword for one outside 8 to 128 characters (P07)."""
    low, high = PASSWORD_LENGTH
    if not low <= len(password) <= high:
        raise WeakPassword(f"Use {low} to {high} characters; this one has {len(password)}.")


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
