"""What a socket is told of an event, and the topics it belongs to (C15)."""

from typing import Any, TypedDict

import orjson

from apps.events.kinds import matches
from apps.events.models import Event

ME, ADMIN, ANALYTICS = "me", "admin", "analytics"
ANALYTIC_KINDS = ("invoice.*", "payment.*", "refund.*", "project.*", "client.*")
# member of the data → topic; the aggregate itself is added by its type
NAMED = {
    "client_id": "clients",
    "project_id": "projects",
    "invoice_id": "invoices",
    "conversation_id": "conversations",
}
OWN = {"client": "clients", "project": "projects", "invoice": "invoices",
       "conversation": "conversations"}  # fmt: skip


class Hint(TypedDict):
    """A change without its content: who wants that reads it over REST, where he may."""

    topics: list[str]
    kind: str
    id: str
    version: int
    sequence: str


def hint_of(event: Event) -> Hint:
    """Return the hint of a numbered event."""
    return {
        "topics": _topics(event),
        "kind": event.kind,
        "id": str(event.aggregate_id),
        "version": event.aggregate_seq,
        "sequence": str(event.seq),
    }


def change(hint: Hint, topic: str) -> dict[str, Any]:
    """Return the frame of a hint for one topic."""
    return {
        "type": "change", "topic": topic, "kind": hint["kind"], "id": hint["id"],
        "version": hint["version"], "sequence": hint["sequence"],
    }  # fmt: skip


def _topics(event: Event) -> list[str]:
    topics = {ME, ADMIN}
    if event.aggregate_type in OWN:
        topics.add(f"{OWN[event.aggregate_type]}/{event.aggregate_id}")
    if event.client_id is not None:
        topics.add(f"clients/{event.client_id}")
    data = orjson.loads(event.data) or {}
    topics |= {f"{kind}/{data[name]}" for name, kind in NAMED.items() if data.get(name)}
    if matches(event.kind, ANALYTIC_KINDS):
        topics.add(ANALYTICS)
    return sorted(topics)
