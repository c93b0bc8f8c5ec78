"""From events to deliveries: the handler of the consumer `deliver`, and replays."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.db import transaction

from apps.accounts.permissions import require
from apps.connections.models import Connection
from apps.connections.services import tell
from apps.core import clock
from apps.core.actors import Actor
from apps.core.ids import uuid7
from apps.events.hints import hint
from apps.events.kinds import matches
from apps.events.models import Event
from apps.integrations import policy
from apps.integrations.errors import EndpointRevoked, NotCancellable, NotReplayable, TooMany
from apps.integrations.models import Delivery
from apps.integrations.providers import CONNECTORS

TEST = "connection.test"
State = Delivery.State
ENDED = (State.DELIVERED, State.DEAD, State.CANCELLED)
WAITING = (State.PENDING, State.RETRY_WAIT, State.HELD)

INSERT = """
INSERT INTO integrations_delivery (id, organization_id, connection_id, event_id, event_seq, kind,
  lane, replay_no, priority, state, committed_at, due_at, created_at, updated_at, attempts,
  lease_epoch, lease_owner, last_error, discard_reason)
SELECT u.id, %(organization)s, u.connection, u.event, u.seq, u.kind, u.lane, u.replay,
       %(priority)s, u.state, u.committed, statement_timestamp(), statement_timestamp(),
       statement_timestamp(), 0, 0, '', '', ''
  FROM unnest(%(ids)s::uuid[], %(connections)s::uuid[], %(events)s::uuid[], %(seqs)s::bigint[],
       %(kinds)s::text[], %(lanes)s::uuid[], %(replays)s::smallint[], %(states)s::text[],
       %(committed)s::timestamptz[])
       AS u(id, connection, event, seq, kind, lane, replay, state, committed)
ON CONFLICT (connection_id, event_id, replay_no) DO NOTHING
"""
IS_CROWDED = """
SELECT count(*) > %(most)s::bigint FROM (SELECT 1 FROM integrations_delivery
 WHERE connection_id = %(connection)s AND state IN ('pending', 'retry_wait')
 LIMIT %(most)s::bigint + 1) AS waiting
"""
LAST_OF_EACH_EVENT = """
SELECT DISTINCT ON (d.event_id) d.id, d.state, d.kind FROM integrations_delivery d
 WHERE d.connection_id = %(connection)s AND d.event_seq BETWEEN %(first)s AND %(last)s
 ORDER BY d.event_id, d.replay_no DESC
"""


def create_deliveries(events: Sequence[Event]) -> None:
    """Write a delivery for each event and each connection that wants it, in one statement.

    Runs in the transaction that moves the consumer's cursor. What a person alone may read leaves
    for nobody; an event about a connection does not go to that connection, except its test.
    """
    organization_id = events[0].organization_id
    connections = list(
        Connection.objects.filter(organization_id=organization_id, kind__in=CONNECTORS).exclude(
            state=Connection.State.REVOKED
        )
    )
    pairs = [(e, c) for e in events for c in connections if _wants(c, e)]
    if not pairs:
        return
    held = {c.id for c in {c for _event, c in pairs} if _must_wait(c)}
    rows = [
        (c.id, e.id, e.seq, e.kind, e.aggregate_id, 0, e.occurred_at,
         State.HELD if c.id in held and e.kind != TEST else State.PENDING)
        for e, c in pairs
    ]  # fmt: skip
    _insert(organization_id, rows)


@transaction.atomic
def replay_delivery(actor: Actor, delivery: Delivery) -> Delivery:
    """Return a new delivery of the same event, due now; the old row stays as it is (R156).

    Raises PermissionDenied, EndpointRevoked, and NotReplayable while one of the event is open.
    """
    require(actor, "connections.write")
    connection = _locked_connection(delivery.connection_id)
    same = Delivery.objects.filter(connection_id=connection.id, event_id=delivery.event_id)
    last = same.latest("replay_no")
    if last.state not in ENDED:
        raise NotReplayable(status=last.state)
    _replay(actor, connection, [last], "delivery.replayed", delivery.id)
    return same.latest("replay_no")


@transaction.atomic
def replay_range(
    actor: Actor,
    connection: Connection,
    *,
    from_sequence: int,
    to_sequence: int,
    kinds: Sequence[str] = (),
    statuses: Sequence[str] = (),
) -> int:
    """Send the events of a range of the log again and return how many (P100, R156).

    Of each event the latest delivery to this connection counts; open ones are left alone.
    Raises PermissionDenied, TooMany above 10,000, EndpointRevoked.
    """
    require(actor, "connections.write")
    connection = _locked_connection(connection.id)
    values: dict[str, Any] = {
        "connection": connection.id,
        "first": from_sequence,
        "last": to_sequence,
    }
    with database.cursor() as cursor:
        cursor.execute(LAST_OF_EACH_EVENT, values)
        found = cursor.fetchall()
    wanted = {State(status) for status in statuses} & set(ENDED) if statuses else set(ENDED)
    patterns = list(kinds) or ["*"]
    chosen = [pk for pk, state, kind in found if state in wanted and matches(kind, patterns)]
    if len(chosen) > policy.MAX_REPLAYED:
        raise TooMany(found=len(chosen), most=policy.MAX_REPLAYED)
    old = Delivery.objects.filter(id__in=chosen).order_by("event_seq")
    return _replay(actor, connection, old, "deliveries.replayed", connection.id)


@transaction.atomic
def cancel_delivery(actor: Actor, delivery: Delivery) -> None:
    """Give up a waiting delivery; raises PermissionDenied, NotCancellable."""
    require(actor, "connections.write")
    connection = Connection.objects.select_for_update().get(id=delivery.connection_id)
    waiting = Delivery.objects.filter(id=delivery.id, state__in=WAITING)
    if not cancel_waiting(waiting):
        raise NotCancellable(status=delivery.state)
    _record(actor, connection, "delivery.cancelled", delivery.id)


def cancel_waiting(rows: Any) -> int:
    """Cancel the waiting deliveries among `rows` and return how many there were."""
    now = clock.now()
    return int(
        rows.filter(state__in=WAITING).update(
            state=State.CANCELLED, finished_at=now, updated_at=now
        )
    )


def hold_waiting(connection: Connection) -> None:
    """Let the waiting deliveries of a locked, paused connection wait until it works again."""
    rows = Delivery.objects.filter(
        connection=connection, state__in=[State.PENDING, State.RETRY_WAIT]
    )
    rows.exclude(kind=TEST).update(state=State.HELD, updated_at=clock.now())


def release_held(connection: Connection) -> None:
    """Make the held deliveries of a locked connection due at their time again."""
    rows = Delivery.objects.filter(connection=connection, state=State.HELD)
    rows.update(state=State.PENDING, updated_at=clock.now())
    transaction.on_commit(partial(hint, "integrations.deliver"), robust=True)


def _wants(connection: Connection, event: Event) -> bool:
    if event.kind == TEST:
        return event.aggregate_id == connection.id
    if event.audience == Event.Audience.USER or event.aggregate_id == connection.id:
        return False
    return matches(event.kind, connection.kinds)


def _must_wait(connection: Connection) -> bool:
    if connection.state != Connection.State.ACTIVE:
        return True
    with database.cursor() as cursor:
        cursor.execute(IS_CROWDED, {"connection": connection.id, "most": policy.BACKLOG})
        return bool(cursor.fetchone()[0])


def _locked_connection(pk: UUID) -> Connection:
    connection = Connection.objects.select_for_update().get(id=pk)
    if connection.state == Connection.State.REVOKED:
        raise EndpointRevoked
    return connection


def _replay(
    actor: Actor, connection: Connection, old: Iterable[Delivery], action: str, subject: UUID
) -> int:
    waits = connection.state != Connection.State.ACTIVE
    state = State.HELD if waits else State.PENDING
    rows = [
        (d.connection_id, d.event_id, d.event_seq, d.kind, d.lane, d.replay_no + 1,
         clock.now(), state)
        for d in old
    ]  # fmt: skip
    if not rows:
        return 0
    made = _insert(connection.organization_id, rows, priority=policy.REPLAY_PRIORITY)
    if made:
        _record(actor, connection, action, subject)
    return made


def _record(actor: Actor, connection: Connection, action: str, subject: UUID) -> None:
    kind = "connection" if subject == connection.id else "delivery"
    tell(
        actor, "audit.recorded", connection, audience="system", id=connection.id, action=action,
        object_type=kind, object_id=subject,
    )  # fmt: skip


def _insert(organization_id: UUID, rows: Sequence[tuple[Any, ...]], *, priority: int = 5) -> int:
    columns = [list(column) for column in zip(*rows, strict=True)]
    names = ("connections", "events", "seqs", "kinds", "lanes", "replays", "committed", "states")
    values: dict[str, Any] = dict(zip(names, columns, strict=True))
    values |= {"organization": organization_id, "priority": priority}
    with database.cursor() as cursor:
        cursor.execute(INSERT, values | {"ids": [uuid7() for _row in rows]})
        made = cursor.rowcount
    transaction.on_commit(partial(hint, "integrations.deliver"), robust=True)
    return int(made)
