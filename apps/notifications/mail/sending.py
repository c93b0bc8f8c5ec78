"""Claim, send, settle: no transaction is open while the mail server is asked.

A worker may die anywhere. The lease of 60 s brings the mail back, and a mail that the server
took just before goes out again with the same Message-ID: twice is possible, never is not.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.core import clock, failpoints
from apps.core.logs import log
from apps.core.tenancy import across_organizations, organization_scope
from apps.notifications.mail import sender
from apps.notifications.models import Mail
from apps.notifications.providers import Answer, Letter, Mailer, Outcome

LEASE = timedelta(seconds=60)
WAITS = (timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=30))  # R100: three more
LAST_ATTEMPT = len(WAITS) + 1
LEASE_ENDED = "the worker stopped before it could tell how the attempt ended"
State = Mail.State


@dataclass(frozen=True, slots=True)
class Claimed:
    """The right to make one attempt; `epoch` fences out whoever held the mail before."""

    id: UUID
    organization_id: UUID
    epoch: int
    attempt: int
    letter: Letter


def due() -> QuerySet[Mail]:
    """Return what may be sent now, in all organizations that the setting shows."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    rows = Mail.objects.filter(free, state=State.PENDING, due_at__lte=Now())
    return rows.filter(attempts__lt=LAST_ATTEMPT)


def claim() -> Claimed | None:
    """Take the mail that is due longest, with a lease; None when nothing is due."""
    with across_organizations(durable=True):
        rows = due().select_for_update(of=("self",), skip_locked=True)
        mail = rows.select_related("organization").order_by("due_at").first()
        if mail is None:
            return None
        mail.attempts += 1
        mail.lease_epoch += 1
        Mail.objects.filter(id=mail.id).update(
            attempts=mail.attempts,
            lease_epoch=mail.lease_epoch,
            lease_until=Now() + LEASE,
            updated_at=clock.now(),
        )
    failpoints.hit("mail.after_claim")
    return Claimed(mail.id, mail.organization_id, mail.lease_epoch, mail.attempts, _letter(mail))


def _letter(mail: Mail) -> Letter:
    return Letter(
        message_id=mail.message_id,
        sender_name=mail.organization.name,
        sender=sender.address_of(mail.organization),
        to=mail.to_address,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
    )


def send_claimed(claimed: Claimed, mailer: Mailer) -> Answer:
    """Make the attempt that was claimed, settle it, and return what the server answered."""
    began = time.monotonic()
    answer = mailer.send(claimed.letter)
    failpoints.hit("mail.after_send_before_settle")
    settled = settle(claimed, answer)
    log.info(
        "mail attempted" if settled else "mail settle refused: the lease was lost",
        extra={
            "mail_id": claimed.id, "attempt": claimed.attempt, "outcome": answer.outcome.value,
            "duration_ms": round((time.monotonic() - began) * 1000),
        },
    )  # fmt: skip
    return answer


def settle(claimed: Claimed, answer: Answer) -> bool:
    """Record how an attempt ended; return False when the lease was lost to another worker."""
    final = answer.outcome == Outcome.REFUSED or claimed.attempt >= LAST_ATTEMPT
    with organization_scope(claimed.organization_id, durable=True):
        held = Mail.objects.filter(id=claimed.id, state=State.PENDING, lease_epoch=claimed.epoch)
        stamps = {"lease_until": None, "updated_at": clock.now(), "last_error": answer.error[:500]}
        if answer.outcome == Outcome.SENT:
            return _ended(held, state=State.SENT, sent_at=Now(), **stamps)
        if final:
            return _ended(held, state=State.FAILED, **stamps)
        return bool(held.update(due_at=Now() + WAITS[claimed.attempt - 1], **stamps))


def _ended(held: QuerySet[Mail], **columns: Any) -> bool:
    """Write the end of a mail; the words of a sensitive one are removed with it."""
    gone = held.filter(is_sensitive=True).update(text="", html="", **columns)
    return bool(gone or held.filter(is_sensitive=False).update(**columns))


def send_all_due(mailer: Mailer, most: int = 1000) -> int:
    """Send in this thread until nothing is due; return how many attempts were made.

    It ends early when the server is away: the rest would only use up its attempts.
    """
    for made in range(most):
        claimed = claim()
        if claimed is None:
            return made
        if send_claimed(claimed, mailer).outcome == Outcome.AWAY:
            return made + 1
    return most


def give_up_abandoned() -> int:
    """Fail mails whose last attempt no worker finished; return how many there were."""
    with across_organizations(durable=True):
        rows = Mail.objects.filter(
            state=State.PENDING, attempts__gte=LAST_ATTEMPT, lease_until__lt=Now()
        )
        ended = {"state": State.FAILED, "lease_until": None, "last_error": LEASE_ENDED}
        gone = rows.filter(is_sensitive=True).update(text="", html="", **ended)
        return gone + rows.update(updated_at=clock.now(), **ended)


def keep_pending() -> int:
    """Keep what waits for a server that is no longer set; return how many there were."""
    with across_organizations(durable=True):
        rows = Mail.objects.filter(state=State.PENDING)
        return rows.update(state=State.KEPT, lease_until=None, updated_at=clock.now())
