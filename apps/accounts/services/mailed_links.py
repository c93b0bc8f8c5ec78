"""Links that somebody asks for with an address only: password reset and sign-in (P08, R13, R22).

A known and an unknown address take the same way through the same statements. Too many wishes are
dropped without a word, so that nobody can be flooded with mails.
"""

from datetime import timedelta

from django.db import transaction

from apps.accounts import passwords
from apps.accounts.errors import MfaRequired
from apps.accounts.models import LinkRequest, Membership, OneTimeLink, Session
from apps.accounts.services.changing_passwords import replace_password
from apps.accounts.services.entering import enter_or_ask
from apps.accounts.services.links import issue_link, look_at_link, use_link
from apps.accounts.services.sessions import SignedIn
from apps.accounts.services.signing_in import membership_of
from apps.accounts.strength import check_strength
from apps.core import clock
from apps.core.actors import NOBODY, SYSTEM, Actor
from apps.core.context import current
from apps.core.models import revise
from apps.core.tenancy import organization_scope
from apps.events.outbox import record
from apps.events.services import NO_ORGANIZATION, open_log

RESET = OneTimeLink.Purpose.PASSWORD_RESET
MAGIC = OneTimeLink.Purpose.MAGIC_LINK
WINDOW = timedelta(hours=1)
MOST_FROM_ONE_ADDRESS, MOST = 3, 10  # in the window, for one account


@transaction.atomic
def request_link(email: str, purpose: str) -> None:
    """Note the wish for a link by mail, unless there were too many of them."""
    name, address = email.strip().lower()[:254], current().address[:45]
    membership = membership_of(name)
    if membership is not None and not (membership.is_active and membership.user.is_active):
        membership = None
    if _are_too_many(name, purpose, address):
        return
    organization_id = membership.organization_id if membership else NO_ORGANIZATION
    with organization_scope(organization_id):
        if membership is None:
            open_log(NO_ORGANIZATION)
        wish = LinkRequest.objects.create(
            organization_id=organization_id, membership=membership, purpose=purpose, email=name,
            address=address,
        )  # fmt: skip
        record(
            Actor(NOBODY, organization_id, SYSTEM), f"{purpose}.requested", wish,
            user_ids=[membership.user_id] if membership else None,
            email=name, device=current().user_agent, address=address,
        )  # fmt: skip


def link_for(wish: LinkRequest) -> OneTimeLink | None:
    """Return the link that a wish asks for; None where nobody may have one."""
    membership = wish.membership
    if membership is None or not (membership.is_active and membership.user.is_active):
        return None
    return issue_link(membership, wish.purpose)


def reset_password(text: str, password: str) -> Membership:
    """Set a new password by a link, and end all sessions of the person.

    Raises TokenInvalid, LinkGone, WeakPassword. Hashing happens outside of the transaction.
    """
    check_strength(password, look_at_link(text, RESET).user.email)
    encoded = passwords.hashed(password)
    with transaction.atomic():
        link = use_link(text, RESET)
        user = replace_password(
            link.membership.actor(), link.user_id, encoded, way="password_reset"
        )
        if user.email_verified_at is None:
            revise(user, email_verified_at=clock.now())
    return link.membership


def sign_in_by_link(text: str) -> SignedIn:
    """Open a session by a mailed link. Raises TokenInvalid, LinkGone and what `enter` raises.

    The link is used up also where a second factor is asked for.
    """
    with transaction.atomic():
        membership = use_sign_in_link(text)
        outcome = enter_or_ask(membership, method="magic_link", face=Session.Face.API)
    if isinstance(outcome, MfaRequired):
        raise outcome
    return outcome


@transaction.atomic
def use_sign_in_link(text: str) -> Membership:
    """Use a sign-in link and return whose it is: he reads the mails of its address."""
    membership = use_link(text, MAGIC).membership
    if membership.user.email_verified_at is None:
        revise(membership.user, email_verified_at=clock.now())
    return membership


def _are_too_many(email: str, purpose: str, address: str) -> bool:
    since = clock.now() - WINDOW
    wishes = LinkRequest.objects.filter(email=email, purpose=purpose, created_at__gt=since)
    addresses = list(wishes.values_list("address", flat=True)[:MOST])
    return len(addresses) >= MOST or addresses.count(address) >= MOST_FROM_ONE_ADDRESS
