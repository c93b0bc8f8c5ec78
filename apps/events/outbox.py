"""Publish in the transaction of the change. The row is event, outbox and audit entry at once."""

import hashlib
import secrets
from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, models, transaction

from apps.core import context, failpoints
from apps.core.actors import SYSTEM, Actor
from apps.core.clock import iso
from apps.core.ids import uuid7
from apps.core.models import Versioned, revise
from apps.core.money import Money
from apps.events.hints import hint
from apps.events.kinds import KINDS

INSERT = """
INSERT INTO events_event (id, organization_id, kind, version, aggregate_type, aggregate_id,
  aggregate_seq, actor_type, actor_id, client_id, user_ids, audience, occurred_at, request_id,
  traceparent, causation_id, body, body_digest)
VALUES (%s, %s, %s, 1, %s, %s, %s, %s, %s, %s, %s::uuid[], %s, clock_timestamp(), %s, %s, %s,
  %s, %s)
"""
MAX_BODY_BYTES = 65_536


def publish(
    actor: Actor,
    kind: str,
    subject: Versioned,
    /,
    *,
    audience: str = "staff",
    client_id: UUID | None = None,
    user_ids: Iterable[UUID] | None = None,
    causation_id: UUID | None = None,
    **data: Any,
) -> UUID:
    """Record that `kind` happened to `subject` and return the event's id.

    Organization, aggregate and version come from `subject`, which the caller has locked; the
    client from `client_id` or from the subject's own, also in the data of kinds that name it.
    `user_ids` are the people of audience `user`. Data values are JSON values, ids, times, dates
    and Money. Raises TransactionManagementError outside a transaction and ValueError for a kind
    outside C13.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("publish() needs the change's transaction")
    if kind not in KINDS:
        raise ValueError(f"not a kind of C13: {kind}")
    _next_version(subject)
    client = client_id or _client_of(subject)
    if {"client_id", "client_id?"} & KINDS[kind].keys():
        data["client_id"] = client
    body, digest = _body(kind, data)
    now = context.current()
    event_id = uuid7()
    values: list[Any] = [
        event_id, organization_of(subject), kind, subject._meta.model_name, subject.pk,
        subject.version, "system" if actor.role == SYSTEM else "user",
        None if actor.role == SYSTEM else actor.user_id, client,
        list(user_ids) if user_ids is not None else None, audience, now.request_id,
        now.traceparent or None, causation_id, body, digest,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
    failpoints.hit("events.after_insert")
    transaction.on_commit(
        partial(hint, "events.expand", str(organization_of(subject))), robust=True
    )
    return event_id


def organization_of(subject: models.Model) -> UUID:
    """Return the organization of a row; an organization is its own."""
    found: UUID = getattr(subject, "organization_id", None) or subject.pk
    return found


def plain(value: Any) -> Any:
    """Return the wire form of a value that stands in an event's data."""
    if isinstance(value, Money):
        return {"amount": value.amount, "currency": value.currency}
    if hasattr(value, "astimezone"):
        return iso(value)
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return value


def _next_version(subject: Versioned) -> None:
    """Give each event of an aggregate a version of its own: they number its history."""
    if subject.published_version >= subject.version:
        revise(subject)
    subject.published_version = subject.version


def _client_of(subject: models.Model) -> UUID | None:
    if subject._meta.label_lower == "clients.client":
        return subject.pk  # type: ignore[no-any-return]
    return getattr(subject, "client_id", None)


def _body(kind: str, data: dict[str, Any]) -> tuple[str, bytes]:
    """Return the stored text and its digest. The salt dies with the text at erasure."""
    shaped = plain(data)
    if settings.EVENTS_VALIDATED:
        from apps.events.schemas import validate  # costs a schema library: tests and staging only

        validate(kind, orjson.loads(orjson.dumps(shaped, default=str)))
    salt = secrets.token_urlsafe(16)
    text = f'{{"salt":"{salt}","data":{orjson.dumps(shaped, default=str).decode()}}}'
    content = text.encode()
    if len(content) > MAX_BODY_BYTES:
        raise ValueError(f"the data of {kind} is longer than {MAX_BODY_BYTES} bytes")
    return text, hashlib.sha256(content).digest()
