"""The audit for other systems: JSON lines, or syslog as RFC 5424 describes it.

Each line carries its number and its hash in the chain, so the receiver can tell a gap and prove
what it got. A reader keeps the last number of each organization and asks for what follows.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import orjson

from apps.core.clock import iso
from apps.core.tenancy import organization_scope
from apps.events.kinds import matches
from apps.events.models import Event

# What somebody who watches over security asks for: who came, what he could do, what was switched.
SECURITY = (
    "user.*", "session.*", "connection.*", "config.*", "audit.*", "file.quarantined",
    "delivery.dead",
)  # fmt: skip
BATCH = 500
LOG_AUDIT, NOTICE, WARNING = 13, 5, 4  # RFC 5424, section 6.2.1
ALARMING = ("user.sign_in_failed", "user.locked", "session.revoked", "file.quarantined", "*.failed")


def exported(
    organization_id: UUID, *, after: int = 0, kinds: tuple[str, ...] = SECURITY
) -> Iterator[dict[str, Any]]:
    """Yield the records of one organization's log that follow `after`, in its order.

    A batch is a transaction of its own: a slow reader holds nothing open.
    """
    while True:
        with organization_scope(organization_id):
            rows = Event.objects.filter(organization_id=organization_id, seq__gt=after)
            batch = list(rows.order_by("seq")[:BATCH])
        if not batch:
            return
        for event in batch:
            if matches(event.kind, kinds):
                yield _record(event)
        after = batch[-1].seq or after


def as_json(record: Mapping[str, Any]) -> str:
    """Return a record as one line of JSON."""
    return orjson.dumps(record).decode()


def as_syslog(record: Mapping[str, Any], host: str) -> str:
    """Return a record as one syslog line of facility "log audit", its JSON as the message."""
    severity = WARNING if matches(str(record["kind"]), ALARMING) else NOTICE
    priority = LOG_AUDIT * 8 + severity
    return f"<{priority}>1 {record['time']} {host} portico - {record['kind']} - {as_json(record)}"


def _record(event: Event) -> dict[str, Any]:
    body = orjson.loads(event.body) if event.body else {}
    return {
        "time": iso(event.occurred_at),
        "organization_id": str(event.organization_id),
        "sequence": event.seq,
        "id": str(event.id),
        "kind": event.kind,
        "actor": event.actor_type,
        "actor_id": str(event.actor_id) if event.actor_id else None,
        "object_type": event.aggregate_type,
        "object_id": str(event.aggregate_id),
        "address": body.get("address"),
        "request_id": str(event.request_id) if event.request_id else None,
        "data": body.get("data"),  # null once the person was erased, as the next two
        "before": body.get("before"),
        "after": body.get("after"),
        "hash": bytes(event.hash or b"").hex(),
    }
