"""Signing in with a password: the throttle, the check, the session (P01, P18)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.accounts import passwords
from apps.accounts.errors import TooManyFailures, WrongCredentials
from apps.accounts.models import Membership, Session, SignInAttempt, User
from apps.accounts.services.entering import enter
from apps.accounts.services.sessions import SignedIn
from apps.core import clock, throttles
from apps.core.actors import NOBODY, SYSTEM, Actor
from apps.core.context import current
from apps.core.sites import rate_at
from apps.core.tenancy import organization_scope
from apps.events.outbox import publish
from apps.events.services import NO_ORGANIZATION, open_log


def sign_in(
    *, email: str, password: str, face: str = Session.Face.API, access_seconds: int | None = None
) -> SignedIn:
    """Check a password and open a session; `access_seconds` shortens the first access token.

    Raises WrongCredentials (unknown e-mail and wrong password alike), InactiveAccount (only when
    the password was right) and TooManyFailures after 5 failures of the pair of e-mail and address
    in 15 minutes (P18). Opens its own transactions: hashing takes longer than one should last.
    """
    address = current().address[:45]
    name = email.strip().lower()[:254]
    _refuse_after_failures(name, address)
    membership = membership_of(name)
    user = membership.user if membership else None
    fit, upgraded = passwords.fits(password, user.password if user else None)
    if not fit or membership is None or user is None:
        _record_failure(membership, name, address)
        raise WrongCredentials
    with transaction.atomic():
        if upgraded:
            User.objects.filter(id=user.id).update(password=upgraded)
        return enter(membership, method="password", face=face, access_seconds=access_seconds)


def membership_of(email: str) -> Membership | None:
    """Return the membership that an e-mail signs in to: the oldest when there are several."""
    rows = Membership.objects.filter(user__email__iexact=email).select_related(
        "user", "organization"
    )
    return rows.order_by("-is_active", "created_at").first()


def _refuse_after_failures(email: str, address: str) -> None:
    limit, window = _limit()
    since = clock.now() - window
    failures = SignInAttempt.objects.filter(email=email, address=address, created_at__gt=since)
    times = list(failures.order_by("created_at").values_list("created_at", flat=True))
    if len(times) >= limit:
        raise TooManyFailures(_seconds_until(times[-limit] + window))


def _limit() -> tuple[int, timedelta]:
    """Return how many failures the tenant of the host allows in which time (P18)."""
    text = rate_at(current().host, "auth")
    if not text:
        return settings.SIGN_IN_FAILURES, settings.SIGN_IN_WINDOW
    rate = throttles.rate(text)
    return rate.limit, timedelta(seconds=rate.seconds)


def _seconds_until(moment: datetime) -> int:
    return max(1, int((moment - clock.now()).total_seconds()) + 1)


def _record_failure(membership: Membership | None, email: str, address: str) -> None:
    organization_id = membership.organization_id if membership else NO_ORGANIZATION
    user_id = membership.user_id if membership else None
    with organization_scope(organization_id):
        if membership is None:
            open_log(NO_ORGANIZATION)
        attempt = SignInAttempt.objects.create(
            organization_id=organization_id, user_id=user_id, email=email, address=address
        )
        publish(
            Actor(NOBODY, organization_id, SYSTEM), "user.sign_in_failed", attempt,
            audience="system", id=user_id, email=email, address=address, reason="credentials",
        )  # fmt: skip
