"""An event as the CloudEvents 1.0 document of C6: one form for webhooks and for public reading.

The data are spliced in as the bytes that the log stores and its chain has hashed; they are never
parsed and written again, so what a receiver verifies is what was recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from django.db import connection

from apps.core.actors import Actor
from apps.core.clock import iso
from apps.events.models import Event

CONTENT_TYPE = "application/json"
COLLECTIONS = {
    "delivery": "deliveries",
    "entry": "ledger-entries",
    "libraryphase": "phase-library",
    "servicetype": "service-types",
    "signinattempt": "sign-in-attempts",
}

# The organizations are a layer above, hence a table name and no model.
HEAD = """
SELECT h.seq, o.slug FROM events_head h JOIN organizations_organization o
    ON o.id = h.organization_id WHERE h.organization_id = %s
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """A part of the log as JSON array; `through` is the highest number that was looked at."""

    array: bytes
    head: int
    through: int


def read_log(actor: Actor, *, after: int, limit: int, kinds: Sequence[str] | None) -> Reading:
    """Return the events after a number that the actor may see, at most `limit`. Two queries.

    The head is read first: all numbers up to it are then visible, so `through` skips nothing
    (`integration.md`, sections 3.2 and 3.3). `kinds` None means all.
    """
    with connection.cursor() as cursor:
        cursor.execute(HEAD, [actor.organization_id])
        head, slug = cursor.fetchone()
    rows = Event.objects.visible_to(actor).filter(seq__gt=after, seq__lte=head)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    events = list(rows.order_by("seq")[:limit])
    array = b"[%b]" % b",".join(document(event, slug) for event in events)
    full = len(events) == limit
    return Reading(array, head, (events[-1].seq or 0) if full else max(head, after))


def document(event: Event, organization_slug: str) -> bytes:
    """Return the event as one JSON object in UTF-8; what is absent in the row is left out.

    The event must have its number. Source: CloudEvents 1.0.2, sections 3 and 4; C6.
    """
    attributes = {
        "specversion": "1.0",
        "id": str(event.id),
        "source": f"portico/{organization_slug}",
        "type": event.kind,
        "subject": f"{collection_of(event.aggregate_type)}/{event.aggregate_id}",
        "time": iso(event.occurred_at),
        "datacontenttype": CONTENT_TYPE,
        "dataschema": f"/schemas/events/{event.kind}/{event.version}.json",
        "tenantid": str(event.organization_id),
        "sequence": str(event.seq),
        "aggregatetype": event.aggregate_type,
        "aggregateid": str(event.aggregate_id),
        "aggregateseq": event.aggregate_seq,
        **_optional(event),
    }
    return b'%b,"data":%b}' % (orjson.dumps(attributes)[:-1], event.data.encode())


def collection_of(aggregate_type: str) -> str:
    """Return the collection of `/api/v1/` that an aggregate's rows stand in: `invoices`."""
    return COLLECTIONS.get(aggregate_type, f"{aggregate_type}s")


def _optional(event: Event) -> dict[str, str]:
    present = {
        "correlationid": event.request_id,
        "causationid": event.causation_id,
        "actorid": event.actor_id,
        "traceparent": event.traceparent,
    }
    return {name: str(value) for name, value in present.items() if value is not None}
