"""Settle: write down how an attempt ended, and what follows for delivery and connection.

Only the holder of the current epoch may settle; a late one changes nothing (section 5.3). The
connection is locked before the delivery, and only when something about it changes.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.db.models import Q
from django.db.models.functions import Now

from apps.connections.http import Answer, Outcome
from apps.connections.models import Attempt, Connection
from apps.connections.services import described, disable_connection, tell
from apps.core import clock
from apps.core.actors import Actor
from apps.core.logs import log
from apps.core.tenancy import organization_scope
from apps.integrations import metrics, policy
from apps.integrations.models import Delivery
from apps.integrations.services.claiming import Claimed

SUCCESS_NOTED_EVERY = timedelta(seconds=60)
QUIET = ("delivery.", "connection.")  # their dead letters publish nothing: no circle of failures
Breaker = Connection.Breaker
State = Delivery.State
# Kind, event, seconds since the commit, and the time of the database.
# Kind, event, seconds since the commit, and the time of the database.
Settled = tuple[str, UUID, Decimal, datetime]

SETTLE = """
UPDATE integrations_delivery
   SET state = %(state)s::varchar, lease_until = NULL, lease_owner = '',
       last_error = %(error)s::varchar,
       due_at = CASE WHEN %(again)s::boolean
         THEN statement_timestamp() + %(wait)s::float8 * interval '1 second' ELSE due_at END,
       finished_at = CASE WHEN %(again)s::boolean THEN NULL ELSE clock_timestamp() END,
       updated_at = clock_timestamp()
 WHERE id = %(id)s AND lease_epoch = %(epoch)s AND state = 'in_flight'
RETURNING kind, event_id, extract(epoch FROM clock_timestamp() - committed_at),
          clock_timestamp()
"""
WINDOW = """
SELECT count(*), count(*) FILTER (WHERE outcome IN ('retryable', 'unknown')
                                    AND coalesce(status, 500) >= 500)
  FROM connections_attempt WHERE connection_id = %s
   AND finished_at > statement_timestamp() - %s * interval '1 second'
"""


def settle(claimed: Claimed, answer: Answer, *, chance: policy.Chance = policy.chance) -> bool:
    """Record the answer to a claimed delivery; return False when the lease was lost."""
    with organization_scope(claimed.organization_id, durable=True):
        connection = _connection(claimed, answer)
        if answer.outcome == Outcome.OK:
            judged, state = policy.Verdict(0), State.DELIVERED
        else:
            judged = policy.verdict(answer, claimed.attempt, chance)
            state = _state_after(judged, connection)
        found = _write(claimed, answer, state, judged.wait_seconds or 0)
        _finish_attempt(claimed, answer, fenced=found is None)
        if found is None:
            metrics.settles_fenced.labels("delivery").inc()
            log.warning("settle refused: the lease was lost", extra={"delivery_id": claimed.id})
            return False
        kind, event_id, age, moment = found
        _count(connection, answer, float(age))
        if answer.outcome == Outcome.OK:
            _after_success(connection)
        else:
            _after_failure(connection, answer, judged, moment)
        if state == State.DEAD and not kind.startswith(QUIET):
            tell(Actor.system(claimed.organization_id), "delivery.dead", connection,
                id=claimed.id, connection_id=connection.id, event_id=event_id,
                error=answer.error[:500],
            )  # fmt: skip
    return True


def _state_after(judged: policy.Verdict, connection: Connection) -> State:
    if judged.wait_seconds is None:
        return State.DEAD
    revoked = connection.state == Connection.State.REVOKED
    return State.CANCELLED if revoked else State.RETRY_WAIT


def _connection(claimed: Claimed, answer: Answer) -> Connection:
    """Return the connection, locked unless a success has nothing to change about it."""
    rows = Connection.objects.filter(id=claimed.connection_id)
    if answer.outcome == Outcome.OK:
        quiet = rows.filter(
            Q(last_success_at__gt=clock.now() - SUCCESS_NOTED_EVERY),
            state=Connection.State.ACTIVE, breaker=Breaker.CLOSED, failing_since__isnull=True,
        ).first()  # fmt: skip
        if quiet is not None:
            return quiet
    return rows.select_for_update().get()


def _write(claimed: Claimed, answer: Answer, state: str, wait_seconds: float) -> Settled | None:
    values: dict[str, Any] = {
        "id": claimed.id,
        "epoch": claimed.epoch,
        "state": state,
        "again": state == State.RETRY_WAIT,
        "wait": wait_seconds,
        "error": answer.error[:500],
    }
    with database.cursor() as cursor:
        cursor.execute(SETTLE, values)
        found: Settled | None = cursor.fetchone()
    return found


def _finish_attempt(claimed: Claimed, answer: Answer, *, fenced: bool) -> None:
    rows = Attempt.objects.filter(
        delivery_id=claimed.id, epoch=claimed.epoch, outcome=Attempt.Outcome.STARTED
    )
    rows.update(
        outcome=Outcome.UNKNOWN if fenced else answer.outcome,
        finished_at=Now(),
        status=answer.status,
        error=answer.error[:500],
        retry_after=answer.retry_after,
        duration_ms=answer.duration_ms,
        response_head=answer.head,
    )


def _count(connection: Connection, answer: Answer, age: float) -> None:
    metrics.attempts_total.labels(connection.kind, answer.outcome.value).inc()
    metrics.attempt_seconds.labels(connection.kind).observe(answer.duration_ms / 1000)
    if answer.outcome == Outcome.OK:
        metrics.delivery_seconds.labels(connection.kind).observe(age)


def _after_success(connection: Connection) -> None:
    now = clock.now()
    actor = Actor.system(connection.organization_id)
    changes: dict[str, object] = {}
    noted = connection.last_success_at
    disabled = connection.state == Connection.State.DISABLED
    if noted is None or noted <= now - SUCCESS_NOTED_EVERY or disabled:
        changes["last_success_at"] = now
    recovered = connection.failing_count >= policy.NOTICE_FAILURES and not disabled
    if connection.failing_since is not None:
        changes |= {"failing_since": None, "failing_count": 0}
    closes = False
    if connection.breaker == Breaker.HALF_OPEN:
        changes |= _good_call(connection)
        closes = "breaker" in changes
    _note(connection, changes)
    if closes:
        tell(actor, "connection.breaker_closed", connection, **described(connection))
    if recovered:
        tell(actor, "connection.recovered", connection, **described(connection))


def _after_failure(
    connection: Connection, answer: Answer, judged: policy.Verdict, moment: datetime
) -> None:
    now = clock.now()
    actor = Actor.system(connection.organization_id)
    since = connection.failing_since or now
    changes: dict[str, object] = {
        "failing_since": since, "failing_count": connection.failing_count + 1,
    }  # fmt: skip
    if judged.pause_seconds:
        changes["paused_until"] = moment + timedelta(seconds=judged.pause_seconds)
    opens = False
    if policy.counts_for_breaker(answer):
        opens = _opens(connection)
        if opens:
            changes |= _opened(connection, moment)
    elif connection.breaker == Breaker.HALF_OPEN:
        changes |= _good_call(connection)  # the peer answers, if only to refuse
    _note(connection, changes)
    if opens:
        tell(actor, "connection.breaker_opened", connection, **described(connection))
    if changes.get("breaker") == Breaker.CLOSED:
        tell(actor, "connection.breaker_closed", connection, **described(connection))
    if connection.failing_count == policy.NOTICE_FAILURES:
        tell(actor, "connection.failed", connection, **described(connection),
            error=answer.error[:500],
        )  # fmt: skip
    _disable_when_hopeless(connection, judged)


def _opens(connection: Connection) -> bool:
    """Whether this failure opens the breaker; the attempt is written already."""
    if connection.breaker == Breaker.HALF_OPEN:
        return True
    if connection.breaker == Breaker.OPEN:
        return False
    with database.cursor() as cursor:
        cursor.execute(WINDOW, [connection.id, policy.BREAKER_WINDOW_SECONDS])
        calls, failures = cursor.fetchone()
    return policy.is_worn_out(calls, failures)


def _opened(connection: Connection, moment: datetime) -> dict[str, object]:
    streak = connection.breaker_streak + 1
    until = moment + timedelta(seconds=policy.open_seconds(streak))
    return {
        "breaker": Breaker.OPEN, "breaker_until": until, "breaker_streak": streak,
        "half_open_left": 0, "half_open_good": 0,
    }  # fmt: skip


def _good_call(connection: Connection) -> dict[str, object]:
    good = connection.half_open_good + 1
    if good < policy.PERMITS:
        return {"half_open_good": good}
    return {
        "breaker": Breaker.CLOSED, "breaker_until": None, "breaker_streak": 0,
        "half_open_left": 0, "half_open_good": 0,
    }  # fmt: skip


def _disable_when_hopeless(connection: Connection, judged: policy.Verdict) -> None:
    if judged.disable:
        _disable(connection, "gone", "The address answered 410: it is gone.")
        return
    began = connection.failing_since
    limit = clock.now() - timedelta(hours=policy.DISABLE_AFTER_HOURS)
    enough = connection.failing_count >= policy.DISABLE_AFTER_FAILURES
    if enough and began is not None and began <= limit:
        _disable(connection, "failing", "Every call failed for 120 hours.")


def _disable(connection: Connection, label: str, reason: str) -> None:
    if connection.state in {Connection.State.ACTIVE, Connection.State.PAUSED}:
        metrics.connections_disabled.labels(label).inc()
        disable_connection(connection, reason)


def _note(connection: Connection, changes: dict[str, object]) -> None:
    """Write figures of the connection; they are no edit, so its version stays."""
    if not changes:
        return
    for name, value in changes.items():
        setattr(connection, name, value)
    connection.save(update_fields=list(changes))
