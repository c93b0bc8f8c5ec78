"""Signing in with a password: the lock, the check, the door (P01, P18)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Lower

from apps.accounts import passwords
from apps.accounts.devices import device_of
from apps.accounts.errors import WrongCredentials
from apps.accounts.models import Factor, Membership, Session, User, with_factors
from apps.accounts.services.entering import enter_or_ask
from apps.accounts.services.lockout import (
    Caller,
    Failure,
    failed_since,
    failures_of,
    forgive,
    plain_email,
    record_failure,
    refuse_locked,
)
from apps.accounts.services.proving import proves_totp
from apps.accounts.services.requiring import factor_kinds, is_required
from apps.accounts.services.sessions import SignedIn
from apps.accounts.services.ways import refuse_closed_way
from apps.accounts.totp import DIGITS
from apps.core import clock
from apps.core.context import current
from apps.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whose password was right, and the code that he appended to it."""

    membership: Membership
    upgraded: str
    code: str
    caller: Caller
    failures: Sequence[Failure]


def sign_in(
    *,
    email: str,
    password: str,
    face: str = Session.Face.API,
    access_seconds: int | None = None,
    device: str = "",
) -> SignedIn:
    """Check a password and open a session; `access_seconds` shortens the first access token.

    `device` is the device cookie, if there is one. Raises WrongCredentials (unknown e-mail and
    wrong password alike), TooManyFailures (P18) and what `enter` raises (only when the password
    was right). Opens its own transactions: hashing takes longer than one should last. The old
    face knows no second step: there the code follows the password.
    """
    appends = face == Session.Face.NODE
    known = _known(email, password, device=device, appends=appends)
    with transaction.atomic():
        _upgrade(known)
        method = "password+totp" if _appended_right(known) else "password"
        outcome = enter_or_ask(
            known.membership, method=method, face=face, access_seconds=access_seconds
        )
        if isinstance(outcome, SignedIn):
            forgive(known.caller, known.failures)
    if isinstance(outcome, SignedIn):
        return outcome
    if appends:
        _record_second(known)
        raise WrongCredentials
    raise outcome


def person_with_password(email: str, password: str) -> User | None:
    """Return who signs in on a server page that has one field, the code after the password.

    None for every refusal: such a page has one sentence for all.
    """
    try:
        known = _known(email, password, appends=True)
        refuse_closed_way(known.membership, "password")
    except DomainError:
        return None
    with transaction.atomic():
        _upgrade(known)
        is_right = _appended_right(known) or not (
            factor_kinds(known.membership) or is_required(known.membership)
        )
        if is_right and known.membership.is_active and known.membership.user.is_active:
            return known.membership.user
        _record_second(known)
    return None


def prove_password(email: str, password: str) -> Membership:
    """Return whose e-mail and password these are, without signing him in.

    Raises WrongCredentials and TooManyFailures, and counts as `sign_in` does.
    """
    known = _known(email, password, appends=False)
    with transaction.atomic():
        _upgrade(known)
    return known.membership


def membership_of(email: str) -> Membership | None:
    """Return the membership that an e-mail signs in to: the oldest when there are several.

    The kinds of the person's factors come with it.
    """
    # As the unique index has it: `iexact` would read every person.
    rows = Membership.objects.alias(address=Lower("user__email")).filter(address=email.lower())
    rows = rows.select_related("user", "organization")
    return with_factors(rows).order_by("-is_active", "created_at").first()


def membership_of_person(user_id: UUID) -> Membership | None:
    """Return the membership that a person signs in to, as `membership_of` chooses it."""
    rows = Membership.objects.filter(user_id=user_id).select_related("user", "organization")
    return rows.order_by("-is_active", "created_at").first()


def _known(email: str, password: str, *, appends: bool, device: str = "") -> Known:
    """Return whose password it is, after one hashing. Raises WrongCredentials, TooManyFailures.

    Whether a code was appended is decided by the person's factors and not by the text, so that a
    password which ends in six digits is no other than any.
    """
    began, name = clock.now(), plain_email(email)
    membership = membership_of(name)
    user = membership.user if membership else None
    known_device = device_of(device, user.id) if user else None
    caller = Caller(name, current().address[:45], known_device)
    failures = failures_of(caller)
    refuse_locked(caller, failures)
    code = ""
    if appends and membership and Factor.Kind.TOTP in factor_kinds(membership):
        password, code = password[:-DIGITS], password[-DIGITS:]
    fit, upgraded = passwords.fits(password, user.password if user else None)
    if not fit or membership is None:
        record_failure(membership, caller, failures, reason="credentials")
        raise WrongCredentials
    if failed_since(caller, began):
        refuse_locked(caller, failures_of(caller))
    return Known(membership, upgraded, code, caller, failures)


def _upgrade(known: Known) -> None:
    if known.upgraded:
        User.objects.filter(id=known.membership.user_id).update(password=known.upgraded)


def _appended_right(known: Known) -> bool:
    return bool(known.code) and proves_totp(known.membership.user_id, known.code)


def _record_second(known: Known) -> None:
    record_failure(known.membership, known.caller, known.failures, reason="second_factor")
