"""Send what is due: claim, load, call outside any transaction, settle. And the sweep.

Each process has one pool of sender threads. Whoever wakes it (a hint, the sweep, a sender that
has finished) claims as many deliveries as there are free threads.
"""

import os
import queue
import threading
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.db import connection as database

from apps.connections.http import Answer, GuardedClient, Outcome
from apps.connections.secrets import Unreadable
from apps.connections.services import valid_secrets
from apps.core import context, failpoints
from apps.core.logs import log
from apps.core.tenancy import across_organizations, organization_scope
from apps.events.cloudevents import document
from apps.integrations import metrics, policy
from apps.integrations.models import Delivery
from apps.integrations.providers import CONNECTORS, Connector, Context, Message
from apps.integrations.services.claiming import Claimed, claim
from apps.integrations.services.settling import settle

IDLE_SECONDS = 10.0
LEASE_ENDED = "the worker stopped before it could tell how the call ended"

EXPIRE = """
WITH x AS (SELECT d.id, d.lease_epoch, c.state = 'revoked' AS revoked
             FROM integrations_delivery d JOIN connections_connection c ON c.id = d.connection_id
            WHERE d.state = 'in_flight' AND d.lease_until < statement_timestamp()
              AND d.attempts < %(last)s::int
            ORDER BY d.lease_until LIMIT 500 FOR UPDATE OF d SKIP LOCKED),
     a AS (UPDATE connections_attempt t
              SET outcome = 'unknown', finished_at = clock_timestamp(), error = %(error)s::varchar
             FROM x WHERE t.delivery_id = x.id AND t.epoch = x.lease_epoch
              AND t.outcome = 'started')
UPDATE integrations_delivery d
   SET state = CASE WHEN x.revoked THEN 'cancelled' ELSE 'retry_wait' END,
       finished_at = CASE WHEN x.revoked THEN clock_timestamp() END,
       lease_until = NULL, lease_owner = '', last_error = %(error)s::varchar,
       updated_at = clock_timestamp(),
       due_at = statement_timestamp() + (%(waits)s::float8[])[d.attempts + 1]
         * (0.8 + 0.4 * random()) * interval '1 second'
  FROM x WHERE d.id = x.id
"""
EXPIRED_LAST = """
SELECT id, organization_id, connection_id, lease_epoch, attempts FROM integrations_delivery
 WHERE state = 'in_flight' AND lease_until < statement_timestamp() AND attempts >= %s LIMIT 100
"""
RELEASE = """
UPDATE integrations_delivery d SET state = 'pending', updated_at = clock_timestamp()
 WHERE d.id = ANY(ARRAY(
   SELECT h.id FROM connections_connection c CROSS JOIN LATERAL (
     SELECT id FROM integrations_delivery WHERE connection_id = c.id AND state = 'held'
      ORDER BY event_seq LIMIT 500 FOR UPDATE SKIP LOCKED) h
    WHERE c.state = 'active' AND EXISTS (SELECT 1 FROM integrations_delivery w
           WHERE w.connection_id = c.id AND w.state = 'held')
      AND (SELECT count(*) FROM (SELECT 1 FROM integrations_delivery w
            WHERE w.connection_id = c.id AND w.state IN ('pending', 'retry_wait')
            LIMIT %(most)s::bigint) n) < %(most)s::bigint
    LIMIT 500))
"""


def sweep() -> int:
    """Take back what dead workers held, release what may go on, and begin to send what is due.

    Runs every second in each worker process, broker or not; returns how many were taken back.
    """
    expired = expire_leases()
    release_backlog()
    senders.wake()
    return expired


def expire_leases() -> int:
    """End the leases that ran out; their attempts become UNKNOWN. Return how many there were."""
    values: dict[str, Any] = {
        "last": policy.MAX_ATTEMPTS,
        "error": LEASE_ENDED,
        "waits": [float(wait) for wait in policy.WAITS],
    }
    with across_organizations(durable=True), database.cursor() as cursor:
        cursor.execute(EXPIRE, values)
        expired = int(cursor.rowcount)
        cursor.execute(EXPIRED_LAST, [policy.MAX_ATTEMPTS])
        final = [Claimed(*row) for row in cursor.fetchall()]
    failpoints.hit("sweep.mid_batch")
    answer = Answer(Outcome.UNKNOWN, error=LEASE_ENDED)
    expired += sum(settle(claimed, answer) for claimed in final)
    if expired:
        metrics.leases_expired.labels("delivery").inc(expired)
    return expired


def release_backlog() -> int:
    """Let held deliveries of active connections wait in line again once the line is short."""
    with across_organizations(durable=True), database.cursor() as cursor:
        cursor.execute(RELEASE, {"most": policy.BACKLOG // 2})
        return int(cursor.rowcount)


def deliver_due() -> None:
    """Begin to send what is due, in this process's sender threads."""
    senders.wake()


def send_claimed(claimed: Claimed, client: GuardedClient | None = None) -> bool:
    """Make the attempt that was claimed and settle it; return False when the lease was lost."""
    connector, packed = _pack(claimed, client or GuardedClient(settings.WEBHOOK_ALLOW))
    failpoints.hit("deliver.after_attempt_started")
    answer = packed if isinstance(packed, Answer) else connector.deliver(*packed)
    failpoints.hit("deliver.after_send_before_settle")
    settled = settle(claimed, answer)
    failpoints.hit("deliver.after_settle_before_ack")
    log.info(
        "delivery attempted",
        extra={
            "delivery_id": claimed.id, "attempt": claimed.attempt,
            "outcome": answer.outcome.value, "duration_ms": answer.duration_ms,
        },
    )  # fmt: skip
    return settled


def send_all_due(most: int = 1000, client: GuardedClient | None = None) -> int:
    """Send in this thread until nothing is due; return how many attempts were made."""
    sent = 0
    while sent < most and (claimed := claim(min(policy.sender_threads(), most - sent))):
        for one in claimed:
            send_claimed(one, client)
        sent += len(claimed)
    return sent


def _pack(
    claimed: Claimed, client: GuardedClient
) -> tuple[Connector, tuple[Context, Message] | Answer]:
    """Return the connector and what to give it, or the answer when nothing can be sent."""
    with organization_scope(claimed.organization_id, durable=True):
        delivery = Delivery.objects.select_related("connection", "event", "organization").get(
            id=claimed.id
        )
        connection, event = delivery.connection, delivery.event
        connector = CONNECTORS[connection.kind]
        try:
            secrets = valid_secrets(connection.id)
        except Unreadable as error:
            return connector, Answer(Outcome.RETRYABLE, error=str(error))
        message = Message(
            event_id=event.id,
            delivery_id=delivery.id,
            kind=event.kind,
            body=document(event, delivery.organization.slug),
            attempt=claimed.attempt,
            replay=delivery.replay_no,
            traceparent=context.traceparent_from(event.traceparent or ""),
        )
    packed = Context(connection.settings, secrets, client, connector.deadline_seconds)
    return connector, (packed, message)


class Senders:
    """The sender threads of this process. They start when there is work and end when idle."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin empty: a forked child has none of its parent's threads and must not have locks."""
        self.jobs: queue.SimpleQueue[Claimed] = queue.SimpleQueue()
        self.lock = threading.Lock()
        self.claiming = threading.Lock()
        self.busy = 0  # claimed and not settled yet
        self.threads = 0
        self.again = False

    def wake(self) -> None:
        """Claim for the free threads; a wake during a claim makes the claimer look again."""
        self.again = True
        while self.again and self.claiming.acquire(blocking=False):
            try:
                self.again = False
                self._claim()
            finally:
                self.claiming.release()

    def _claim(self) -> None:
        while (free := policy.sender_threads() - self.busy) > 0:
            claimed = claim(free)
            if not claimed:
                return
            for one in claimed:
                self._start(one)

    def _start(self, claimed: Claimed) -> None:
        with self.lock:
            self.busy += 1
            self.jobs.put(claimed)
            if self.threads >= self.busy:
                return
            self.threads += 1
        threading.Thread(target=self._run, name="sender", daemon=True).start()

    def _run(self) -> None:
        try:
            while (claimed := self._next()) is not None:
                self._send(claimed)
        finally:
            database.close()

    def _next(self) -> Claimed | None:
        """Return the next job; None ends the thread, which is then no longer counted."""
        with suppress(queue.Empty):
            return self.jobs.get(timeout=IDLE_SECONDS)
        with self.lock:
            try:
                return self.jobs.get_nowait()
            except queue.Empty:
                self.threads -= 1
                return None

    def _send(self, claimed: Claimed) -> None:
        try:
            close_old_connections()
            context.enter(context.RequestContext())
            send_claimed(claimed)
        except Exception:  # noqa: BLE001  the top of a worker loop: the lease brings it back
            log.exception("delivery failed", extra={"delivery_id": claimed.id})
        finally:
            with self.lock:
                self.busy -= 1
        try:
            self.wake()
        except Exception:  # noqa: BLE001  the top of a worker loop: the sweep looks again
            log.exception("claim failed")


senders = Senders()
os.register_at_fork(after_in_child=senders.reset)
