"""Open sign-up, where the organization allows it: a role below all others, and a proof first.

The company that the new person speaks for belongs to `apps.clients`, which calls this (R15).
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts import passwords
from apps.accounts.errors import (
    EmailTaken,
    LinkGone,
    RegistrationClosed,
    TokenInvalid,
    WrongCredentials,
)
from apps.accounts.links import REGISTRATION, read_link
from apps.accounts.models import Membership, Registration
from apps.accounts.services.people import add_person
from apps.accounts.strength import check_strength
from apps.core import clock
from apps.core.actors import NOBODY, SYSTEM, Actor
from apps.core.context import current
from apps.core.models import revise
from apps.core.tenancy import enter_organization, organization_scope
from apps.events.outbox import publish, record
from apps.organizations.models import Organization

LIFETIME = timedelta(days=3)
WINDOW = timedelta(hours=1)
MOST_FROM_ONE_ADDRESS, MOST = 3, 5  # in the window, for one e-mail


def request_registration(
    organization: Organization | None, *, email: str, password: str, first_name: str,
    last_name: str,
) -> None:  # fmt: skip
    """Note the wish for an account. Nobody is told whether the address has one already (R13).

    Too many wishes are dropped without a word. Raises RegistrationClosed, WeakPassword.
    """
    if organization is None or not organization.setting("features.open_registration"):
        raise RegistrationClosed
    name, address = email.strip().lower(), current().address[:45]
    check_strength(password, name)
    encoded = passwords.hashed(password)
    with transaction.atomic(), organization_scope(organization.id):
        if _are_too_many(name, address):
            return
        wish = Registration.objects.create(
            organization=organization, email=name, password=encoded, first_name=first_name,
            last_name=last_name, address=address, expires_at=clock.now() + LIFETIME,
        )  # fmt: skip
        actor = Actor(NOBODY, organization.id, SYSTEM)
        record(actor, "registration.requested", wish, address=address)


def look_at_registration(text: str) -> Registration:
    """Return the wish of a link while it is good. Raises TokenInvalid, LinkGone."""
    return _good(read_link(text, REGISTRATION))


def prove_registrant(text: str, password: str) -> UUID:
    """Return the wish of a link whose password fits, outside of a transaction.

    The link shows who reads the mails, the password who asked: without it a stranger could make
    somebody confirm an account that the stranger can open. Raises TokenInvalid, LinkGone,
    WrongCredentials.
    """
    wish = look_at_registration(text)
    fit, _upgraded = passwords.fits(password, wish.password)
    if not fit:
        raise WrongCredentials
    return wish.id


def open_account(wish_id: UUID) -> Membership:
    """Make the account of a confirmed wish, in the caller's transaction; role client, always.

    It enters the organization. Raises LinkGone when it is used, or the address has an account.
    """
    wish = _good(wish_id, lock=True)
    enter_organization(wish.organization_id)
    now = clock.now()
    try:
        membership = add_person(
            wish.organization, wish.email, wish.password, Membership.Role.CLIENT,
            first_name=wish.first_name, last_name=wish.last_name, email_verified_at=now,
        )  # fmt: skip
    except EmailTaken as error:
        raise LinkGone from error
    revise(wish, used_at=now)
    publish(
        membership.actor(), "user.registered", wish, id=membership.user_id, role=membership.role
    )
    return membership


def _good(wish_id: UUID, *, lock: bool = False) -> Registration:
    rows = Registration.objects.select_related("organization")
    if lock:
        rows = rows.select_for_update(of=("self",))
    wish = rows.filter(id=wish_id).first()
    if wish is None:
        raise TokenInvalid
    if wish.used_at is not None or wish.expires_at <= clock.now():
        raise LinkGone
    return wish


def _are_too_many(email: str, address: str) -> bool:
    since = clock.now() - WINDOW
    rows = Registration.objects.filter(email=email, created_at__gt=since)
    addresses = list(rows.values_list("address", flat=True)[:MOST])
    return len(addresses) >= MOST or addresses.count(address) >= MOST_FROM_ONE_ADDRESS
