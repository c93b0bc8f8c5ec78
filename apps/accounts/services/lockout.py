"""Failed sign-ins: counted, answered with growing waits, told to their person once (P18, R14).

Strangers are counted by account and address, and by account alone over all addresses. A browser
that signed the person in before is counted by itself, so nobody can lock him out of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from apps.accounts.errors import TooManyFailures
from apps.accounts.models import Membership, SignInAttempt
from apps.core import clock, throttles
from apps.core.actors import NOBODY, SYSTEM, Actor
from apps.core.context import current
from apps.core.memory import Memory
from apps.core.sites import rate_at
from apps.core.tenancy import organization_scope
from apps.events.outbox import publish
from apps.events.services import NO_ORGANIZATION, open_log

REMEMBERED = timedelta(hours=24)
LONGEST = timedelta(hours=4)
MOST_READ = 500
ANYWHERE = 6  # times as many failures of one account are suffered over all addresses


@dataclass(frozen=True, slots=True)
class Caller:
    """Who tries: the e-mail as typed, the address, and the known browser, if it is one."""

    email: str
    address: str
    device: UUID | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt as it was kept."""

    id: UUID
    address: str
    at: datetime


def failures_of(caller: Caller) -> list[Failure]:
    """Return what failed for this account within a day, oldest first. One query.

    Of a known device only its own failures, of a stranger those of all strangers.
    """
    rows = SignInAttempt.objects.filter(
        email=caller.email, device=caller.device, created_at__gt=clock.now() - REMEMBERED
    )
    latest = rows.order_by("-created_at").values_list("id", "address", "created_at")[:MOST_READ]
    return [Failure(*row) for row in reversed(latest)]


def refuse_locked(caller: Caller, failures: Sequence[Failure]) -> None:
    """Raise TooManyFailures while the account is locked for this caller."""
    until = _locked_until(caller, failures)
    if until is not None and until > clock.now():
        raise TooManyFailures(max(1, int((until - clock.now()).total_seconds()) + 1))


def record_failure(
    membership: Membership | None, caller: Caller, failures: Sequence[Failure], *, reason: str
) -> None:
    """Keep a failure with its event; tell the person when it locks his account, once a day."""
    now = clock.now()
    organization_id = membership.organization_id if membership else NO_ORGANIZATION
    user_id = membership.user_id if membership else None
    with organization_scope(organization_id):
        if membership is None:
            open_log(NO_ORGANIZATION)
        attempt = SignInAttempt.objects.create(
            organization_id=organization_id, user_id=user_id, email=caller.email,
            address=caller.address, device=caller.device, created_at=now,
        )  # fmt: skip
        system = Actor(NOBODY, organization_id, SYSTEM)
        publish(
            system, "user.sign_in_failed", attempt, audience="system",
            id=user_id, email=caller.email, address=caller.address, reason=reason,
        )  # fmt: skip
        before = _locked_until(caller, failures)
        after = _locked_until(caller, [*failures, Failure(attempt.id, caller.address, now)])
        if before is None and after is not None and user_id is not None:
            publish(
                system, "user.locked", attempt, audience="user", user_ids=[user_id],
                id=user_id, email=caller.email, address=caller.address,
            )  # fmt: skip
    _latest.put((caller.email, caller.address), now)


def refuse_after_failures(email: str) -> None:
    """Raise TooManyFailures when this address failed too often for this e-mail, as a stranger."""
    caller = Caller(plain_email(email), current().address[:45])
    refuse_locked(caller, failures_of(caller))


def count_sign_in_failure(membership: Membership | None, email: str, *, reason: str) -> None:
    """Keep a failure of a later step of signing in, counted with those of the first one."""
    caller = Caller(plain_email(email), current().address[:45])
    record_failure(membership, caller, failures_of(caller), reason=reason)


def plain_email(email: str) -> str:
    """Return the e-mail as failures are counted by."""
    return email.strip().lower()[:254]


def failed_since(caller: Caller, moment: datetime) -> bool:
    """Whether this process recorded a failure of the caller since `moment`.

    Guesses that were sent at once have all passed the lock before the first one failed.
    """
    latest = _latest.get((caller.email, caller.address))
    return latest is not None and latest >= moment


def forgive(caller: Caller, failures: Sequence[Failure]) -> None:
    """Forget the failures of a caller who got in after all; those from elsewhere stay."""
    own = [one.id for one in failures if caller.device or one.address == caller.address]
    if own:
        SignInAttempt.objects.filter(id__in=own).delete()


def lock_after(
    times: Iterable[datetime], limit: int, window: timedelta | None = None
) -> datetime | None:
    """Return the end of the last lock that failures at `times` (in order) made, or None.

    `limit` failures within the window make a lock as long as the window; each further lock of the
    day doubles it, up to four hours. What fails between locks counts anew.
    """
    until: datetime | None = None
    span: timedelta = window or settings.SIGN_IN_WINDOW
    wait, recent = span, list[datetime]()
    for at in times:
        recent = [one for one in recent if at - one < span] + [at]
        if len(recent) >= limit:
            until, recent = at + wait, []
            wait = min(2 * wait, LONGEST)
    return until


def _locked_until(caller: Caller, failures: Sequence[Failure]) -> datetime | None:
    limit, window = _limit()
    if caller.device is not None:
        return lock_after((one.at for one in failures), limit, window)
    here = lock_after((one.at for one in failures if one.address == caller.address), limit, window)
    anywhere = lock_after((one.at for one in failures), limit * ANYWHERE, window)
    ends = [until for until in (here, anywhere) if until is not None]
    return max(ends, default=None)


def _limit() -> tuple[int, timedelta]:
    """Return how many failures the tenant of the host suffers in which time (P18, C11)."""
    text = rate_at(current().host, "auth")
    if not text:
        return settings.SIGN_IN_FAILURES, settings.SIGN_IN_WINDOW
    rate = throttles.rate(text)
    return rate.limit, timedelta(seconds=rate.seconds)


_latest: Memory[tuple[str, str], datetime] = Memory(10_000)
