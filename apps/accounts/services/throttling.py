"""Failed sign-ins: five of one pair of e-mail and address in 15 minutes close that door (P18)."""

from datetime import datetime

from django.conf import settings

from apps.accounts.errors import TooManyFailures
from apps.accounts.models import Membership, SignInAttempt
from apps.core import clock
from apps.core.actors import NOBODY, SYSTEM, Actor
from apps.core.context import current
from apps.core.tenancy import organization_scope
from apps.events.outbox import publish
from apps.events.services import NO_ORGANIZATION, open_log


def refuse_after_failures(email: str) -> None:
    """Raise TooManyFailures when this address has failed too often for this e-mail."""
    since = clock.now() - settings.SIGN_IN_WINDOW
    failures = SignInAttempt.objects.filter(
        email=_plain(email), address=_address(), created_at__gt=since
    )
    times = list(failures.order_by("created_at").values_list("created_at", flat=True))
    if len(times) >= settings.SIGN_IN_FAILURES:
        oldest = times[-settings.SIGN_IN_FAILURES]
        raise TooManyFailures(_seconds_until(oldest + settings.SIGN_IN_WINDOW))


def record_failure(
    membership: Membership | None, email: str, *, reason: str = "credentials"
) -> None:
    """Count a failure for the throttle and record it; an unknown e-mail is counted alike."""
    organization_id = membership.organization_id if membership else NO_ORGANIZATION
    user_id = membership.user_id if membership else None
    name, address = _plain(email), _address()
    with organization_scope(organization_id):
        if membership is None:
            open_log(NO_ORGANIZATION)
        attempt = SignInAttempt.objects.create(
            organization_id=organization_id, user_id=user_id, email=name, address=address
        )
        publish(
            Actor(NOBODY, organization_id, SYSTEM), "user.sign_in_failed", attempt,
            audience="system", id=user_id, email=name, address=address, reason=reason,
        )  # fmt: skip


def _plain(email: str) -> str:
    return email.strip().lower()[:254]


def _address() -> str:
    return current().address[:45]


def _seconds_until(moment: datetime) -> int:
    return max(1, int((moment - clock.now()).total_seconds()) + 1)
