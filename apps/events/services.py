"""The log's use cases: open one, let its consumers read it, prove its chain."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from apps.core import failpoints
from apps.core.logs import log
from apps.core.tenancy import across_organizations, organization_scope
from apps.events.consumer import Consumer
from apps.events.kinds import matches
from apps.events.models import Event

BATCH = 200
MAX_FAILURES = 5
NO_ORGANIZATION = UUID(int=0)  # where the failed sign-in of an unknown person is written
Handler = Callable[[Sequence[Event]], None]

FIND_WORK = """
SELECT c.consumer, c.organization_id FROM events_cursor c JOIN events_head h USING (organization_id)
 WHERE h.seq > c.seq AND c.retry_at <= now() LIMIT 200
"""
LOCK_CURSOR = """
SELECT seq, failures FROM events_cursor
 WHERE consumer = %s AND organization_id = %s FOR UPDATE SKIP LOCKED
"""
MOVE_CURSOR = """
UPDATE events_cursor SET seq = %s, failures = 0 WHERE consumer = %s AND organization_id = %s
"""
COUNT_FAILURE = """
UPDATE events_cursor SET failures = failures + 1,
       retry_at = now() + least(power(2, failures), 60) * interval '1 second'
 WHERE consumer = %s AND organization_id = %s
"""
FORGET_KEYS = """
DELETE FROM events_idempotency
 WHERE organization_id = %s AND created_at < now() - interval '24 hours'
"""
PARK = """
INSERT INTO events_parked (id, organization_id, consumer, event_id, error)
VALUES (gen_random_uuid(), %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


def open_log(organization_id: UUID) -> None:
    """Make the head of a new organization's log and the cursors of all consumers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_head (organization_id, seq, hash) VALUES (%s, 0, '\\x')"
            " ON CONFLICT DO NOTHING",
            [organization_id],
        )
        for consumer in settings.EVENT_CONSUMERS:
            cursor.execute(
                "INSERT INTO events_cursor (consumer, organization_id, seq) VALUES (%s, %s, 0)"
                " ON CONFLICT DO NOTHING",
                [consumer.name, organization_id],
            )


def ensure_cursors() -> None:
    """Give consumers that are new in this version a cursor at the head of every log."""
    with across_organizations(), connection.cursor() as cursor:
        for consumer in settings.EVENT_CONSUMERS:
            cursor.execute(
                "INSERT INTO events_cursor (consumer, organization_id, seq)"
                " SELECT %s, organization_id, seq FROM events_head ON CONFLICT DO NOTHING",
                [consumer.name],
            )


def forget_keys() -> int:
    """Remove idempotency keys older than 24 hours; return how many there were."""
    removed = 0
    for organization_id in organizations():
        with organization_scope(organization_id), connection.cursor() as cursor:
            cursor.execute(FORGET_KEYS, [organization_id])
            removed += cursor.rowcount
    return removed


def organizations() -> list[UUID]:
    """Return the ids of all organizations that have a log."""
    with across_organizations(), connection.cursor() as cursor:
        cursor.execute("SELECT organization_id FROM events_head ORDER BY organization_id")
        return [row[0] for row in cursor.fetchall()]


def sweep() -> int:
    """Let every consumer that lags read on; return how many batches were found."""
    with across_organizations(durable=True), connection.cursor() as cursor:
        cursor.execute(FIND_WORK)
        waiting = cursor.fetchall()
    known = {consumer.name: consumer for consumer in settings.EVENT_CONSUMERS}
    for name, organization_id in waiting:
        if name in known:
            drain(known[name], organization_id)
    return len(waiting)


def expand(organization_id: UUID) -> None:
    """Let all consumers read one organization's log to its end."""
    for consumer in settings.EVENT_CONSUMERS:
        drain(consumer, organization_id)


def drain(consumer: Consumer, organization_id: UUID) -> None:
    """Read on from the consumer's cursor until nothing is left, or a batch fails."""
    while True:
        try:
            handled = _read_batch(consumer, organization_id)
        except Exception as error:  # noqa: BLE001  the top of a worker loop: logged, retried, parked
            log.exception("consumer failed", extra={"consumer": consumer.name})
            _count_failure(consumer, organization_id, error)
            return
        if handled == 0:
            return


def _read_batch(consumer: Consumer, organization_id: UUID) -> int:
    """Handle one batch and move the cursor in one transaction; return the events read."""
    with organization_scope(organization_id, durable=True), connection.cursor() as cursor:
        cursor.execute(LOCK_CURSOR, [consumer.name, organization_id])
        found = cursor.fetchone()
        if found is None:  # another worker reads, or the organization has no such cursor
            return 0
        seq, failures = found
        failpoints.hit("expand.after_lock")
        events = _events_after(organization_id, seq, 1 if failures else BATCH)
        if not events:
            return 0
        wanted = [event for event in events if matches(event.kind, consumer.kinds)]
        if wanted:
            handler: Handler = import_string(consumer.handler)
            handler(wanted)
        failpoints.hit("expand.after_insert_before_cursor")
        cursor.execute(MOVE_CURSOR, [events[-1].seq, consumer.name, organization_id])
        failpoints.hit("expand.before_commit")
    return len(events)


def _events_after(organization_id: UUID, seq: int, limit: int) -> list[Event]:
    rows = Event.objects.filter(organization_id=organization_id, seq__gt=seq)
    return list(rows.order_by("seq")[:limit])


def _count_failure(consumer: Consumer, organization_id: UUID, error: Exception) -> None:
    with organization_scope(organization_id), connection.cursor() as cursor:
        cursor.execute(LOCK_CURSOR, [consumer.name, organization_id])
        found = cursor.fetchone()
        if found is None:
            return
        seq, failures = found
        if failures < MAX_FAILURES:
            cursor.execute(COUNT_FAILURE, [consumer.name, organization_id])
            return
        event = _events_after(organization_id, seq, 1)[0]
        cursor.execute(PARK, [organization_id, consumer.name, event.id, repr(error)[:2000]])
        cursor.execute(MOVE_CURSOR, [event.seq, consumer.name, organization_id])
        log.error("event parked", extra={"consumer": consumer.name, "event_id": event.id})


# -- the chain as audit ---------------------------------------------------------------------


def broken_events(organization_id: UUID) -> Iterator[tuple[int, str]]:
    """Yield `(sequence, fault)` for each event that does not continue the hash chain.

    The head must equal the last row, numbers must be dense, each hash must follow from the row
    before, and a body that is still there must fit its digest. Erased bodies are no fault.
    """
    with organization_scope(organization_id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, hash FROM events_head WHERE organization_id = %s", [organization_id]
        )
        head = cursor.fetchone()
        if head is None:
            yield 0, "the organization has no event head"
            return
        last_seq, last_hash = 0, b""
        for event in _chain(organization_id):
            fault = _fault(event, last_seq, last_hash)
            if fault:
                yield event.seq or 0, fault
            last_seq, last_hash = event.seq or 0, bytes(event.hash or b"")
        if (last_seq, last_hash) != (head[0], bytes(head[1])):
            yield last_seq + 1, "the head names another end of the chain: rows are missing"


def _chain(organization_id: UUID) -> Iterator[Event]:
    rows = Event.objects.filter(organization_id=organization_id).order_by("seq")
    return rows.iterator(chunk_size=2000)


def _fault(event: Event, last_seq: int, last_hash: bytes) -> str:
    if event.seq != last_seq + 1:
        return f"number {last_seq + 1} is missing"
    digest = bytes(event.body_digest)
    if event.body is not None and hashlib.sha256(event.body.encode()).digest() != digest:
        return "the body does not fit its digest"
    if hashlib.sha256(last_hash + _chained_text(event) + digest).digest() != bytes(
        event.hash or b""
    ):
        return "the hash does not follow from the row"
    return ""


def _chained_text(event: Event) -> bytes:
    """Return the text that the trigger of migration 0002 hashes, byte for byte."""
    moment = event.occurred_at.strftime("%Y-%m-%dT%H:%M:%S.%f")
    users = ",".join(str(user) for user in event.user_ids) if event.user_ids is not None else None
    optional: list[Any] = [
        event.actor_id, event.client_id, users, event.audience, event.request_id,
        event.causation_id, event.traceparent,
    ]  # fmt: skip
    parts = [
        event.seq, event.id, event.kind, event.version, event.aggregate_type, event.aggregate_id,
        event.aggregate_seq, event.actor_type,
        *["-" if value is None else value for value in optional], moment,
    ]  # fmt: skip
    return "|".join(str(part) for part in parts).encode()


def number_events() -> None:
    """Number what the open transaction has published, for tests that never commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS events_number IMMEDIATE")
        cursor.execute("SET CONSTRAINTS events_number DEFERRED")
