"""Signing in with a password: the throttle, the check, the session (P01, P18)."""

from django.db import transaction

from apps.accounts import passwords
from apps.accounts.devices import device_of
from apps.accounts.errors import WrongCredentials
from apps.accounts.models import Membership, Session, User
from apps.accounts.services.entering import enter
from apps.accounts.services.lockout import (
    Caller,
    failed_since,
    failures_of,
    forgive,
    record_failure,
    refuse_locked,
)
from apps.accounts.services.sessions import SignedIn
from apps.core import clock
from apps.core.context import current


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
    was right). Opens its own transactions: hashing takes longer than one should last.
    """
    began = clock.now()
    membership = membership_of(email.strip().lower()[:254])
    user = membership.user if membership else None
    caller = Caller(
        email=email.strip().lower()[:254],
        address=current().address[:45],
        device=device_of(device, user.id) if user else None,
    )
    failures = failures_of(caller)
    refuse_locked(caller, failures)
    fit, upgraded = passwords.fits(password, user.password if user else None)
    if not fit or membership is None or user is None:
        record_failure(membership, caller, failures, reason="credentials")
        raise WrongCredentials
    if failed_since(caller, began):
        refuse_locked(caller, failures_of(caller))
    with transaction.atomic():
        if upgraded:
            User.objects.filter(id=user.id).update(password=upgraded)
        forgive(caller, failures)
        return enter(membership, method="password", face=face, access_seconds=access_seconds)


def membership_of(email: str) -> Membership | None:
    """Return the membership that an e-mail signs in to: the oldest when there are several."""
    rows = Membership.objects.filter(user__email__iexact=email).select_related(
        "user", "organization"
    )
    return rows.order_by("-is_active", "created_at").first()
