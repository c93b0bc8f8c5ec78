"""Publish in the transaction of the change. The row is event, outbox and audit entry at once."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
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
SELECT %(event_id)s, %(event_organization_id)s, %(event_kind)s, 1, %(event_aggregate_type)s,
  %(event_aggregate_id)s, %(event_aggregate_seq)s, %(event_actor_type)s, %(event_actor_id)s::uuid,
  %(event_client_id)s::uuid, %(event_user_ids)s::uuid[], %(event_audience)s, clock_timestamp(),
  %(event_request_id)s::uuid, %(event_traceparent)s::text, %(event_causation_id)s::uuid,
  %(event_body)s, %(event_body_digest)s
"""
MAX_BODY_BYTES = 65_536
MAX_TOLD = 300  # characters of a value before or after a change


@dataclass(frozen=True, slots=True)
class Change:
    """A change in the form of SQL, so that its event can be written by the same statement.

    `ctes` are the common table expressions that make it, without WITH. `source` names the one
    that has a row when the change took place, and `result` selects what is returned. Parameters
    are named; names that begin with `event_` are taken.
    """

    ctes: str
    source: str
    result: str
    params: Mapping[str, Any]


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
    values = _values(actor, kind, subject, client_id, data)
    values["event_audience"], values["event_causation_id"] = audience, causation_id
    values["event_user_ids"] = list(user_ids) if user_ids is not None else None
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
    _hint_at(values)
    event_id: UUID = values["event_id"]
    return event_id


def publish_with(
    change: Change,
    actor: Actor,
    kind: str,
    subject: Versioned,
    /,
    *,
    audience: str,
    user_ids: Iterable[UUID] | None = None,
    **data: Any,
) -> tuple[Any, ...] | None:
    """Make `change` and record it as `publish` does, in one statement; return the change's row.

    None: the change did not take place, and nothing was recorded.
    """
    values = _values(actor, kind, subject, None, data)
    values["event_audience"], values["event_causation_id"] = audience, None
    values["event_user_ids"] = list(user_ids) if user_ids is not None else None
    with connection.cursor() as cursor:
        cursor.execute(
            _with_event(change.ctes, change.source, change.result), {**change.params, **values}
        )
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is not None:
        _hint_at(values)
    return row


def record(
    actor: Actor,
    action: str,
    subject: Versioned,
    /,
    *,
    user_ids: Iterable[UUID] | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **details: Any,
) -> UUID:
    """Record a security-relevant act that has no kind of its own in C13, and return its event's id.

    `action` is `<noun>.<past participle>`, such as `factor.added`. The people of `user_ids` see
    it; without them only the audit does. Never a secret; personal values are allowed, since they
    stand in the body. Raises what `publish` raises.
    """
    people = list(user_ids or [])
    told: dict[str, Any] = {"before": before, "after": after, "details": details or None}
    members: dict[str, Any] = {name: dict(value) for name, value in told.items() if value}
    return publish(
        actor, "audit.recorded", subject, audience="user" if people else "system",
        user_ids=people or None, id=subject.pk, action=action,
        object_type=str(subject._meta.model_name), object_id=subject.pk,
        **members,
    )  # fmt: skip


def organization_of(subject: models.Model, actor: Actor) -> UUID:
    """Return the organization of a row; a person belongs to many, so the actor's counts."""
    found: UUID = getattr(subject, "organization_id", None) or actor.organization_id
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


def _values(
    actor: Actor, kind: str, subject: Versioned, client_id: UUID | None, data: dict[str, Any]
) -> dict[str, Any]:
    """Return the parameters of INSERT but for those that only `publish` may choose."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("publish() needs the change's transaction")
    if kind not in KINDS:
        raise ValueError(f"not a kind of C13: {kind}")
    _next_version(subject)
    client = client_id or _client_of(subject)
    if {"client_id", "client_id?"} & KINDS[kind].keys():
        data["client_id"] = client
    now, is_system = context.current(), actor.role == SYSTEM
    told = told_of(subject)
    if data.keys() & {"before", "after"}:  # the caller says it better
        told = {}
    body, digest = _body(kind, data, told, "" if is_system else now.address)
    return {
        "event_id": uuid7(),
        "event_organization_id": organization_of(subject, actor),
        "event_kind": kind,
        "event_aggregate_type": subject._meta.model_name,
        "event_aggregate_id": subject.pk,
        "event_aggregate_seq": subject.version,
        "event_actor_type": "system" if is_system else "user",
        "event_actor_id": None if is_system else actor.user_id,
        "event_client_id": client,
        "event_request_id": now.request_id,
        "event_traceparent": now.traceparent or None,
        "event_body": body,
        "event_body_digest": digest,
    }


def _hint_at(values: Mapping[str, Any]) -> None:
    failpoints.hit("events.after_insert")
    work = partial(hint, "events.expand", str(values["event_organization_id"]))
    transaction.on_commit(work, robust=True)


@lru_cache(maxsize=64)
def _with_event(ctes: str, source: str, result: str) -> str:
    return f"WITH {ctes}, event AS ({INSERT} FROM {source}) {result}"


def _next_version(subject: Versioned) -> None:
    """Give each event of an aggregate a version of its own: they number its history."""
    if subject.published_version >= subject.version:
        revise(subject)
    subject.published_version = subject.version


def _client_of(subject: models.Model) -> UUID | None:
    if subject._meta.label_lower == "clients.client":
        return subject.pk  # type: ignore[no-any-return]
    return getattr(subject, "client_id", None)


def told_of(subject: Versioned) -> dict[str, dict[str, Any]]:
    """Return what changed on a row since its last event, as `before` and `after`; empty if nothing.

    Long values are cut, and an object is told as its text: the log holds no bodies.
    """
    changed, subject.untold = subject.untold, None
    if not changed:
        return {}
    return {
        "before": {name: _brief(old) for name, (old, _new) in changed.items()},
        "after": {name: _brief(new) for name, (_old, new) in changed.items()},
    }


def _brief(value: Any) -> Any:
    told = plain(value)
    if isinstance(told, (dict, list)):
        told = orjson.dumps(told, default=str).decode()
    if isinstance(told, str) and len(told) > MAX_TOLD:
        return f"{told[:MAX_TOLD]}…"
    return told


def _body(kind: str, data: dict[str, Any], told: dict[str, Any], address: str) -> tuple[str, bytes]:
    """Return the stored text and its digest. The salt dies with the text at erasure.

    What is for the audit alone stands beside the data: the address of the person, and the values
    before and after. It goes to no receiver and dies with the text too.
    """
    shaped = plain(data)
    if settings.EVENTS_VALIDATED:
        from apps.events.schemas import validate  # costs a schema library: tests and staging only

        validate(kind, orjson.loads(orjson.dumps(shaped, default=str)))
    content = _text(shaped, told, address)
    if len(content) > MAX_BODY_BYTES and told:
        content = _text(shaped, {}, address)
    if len(content) > MAX_BODY_BYTES:
        raise ValueError(f"the data of {kind} is longer than {MAX_BODY_BYTES} bytes")
    return content.decode(), hashlib.sha256(content).digest()


def _text(shaped: Any, told: dict[str, Any], address: str) -> bytes:
    members = {"salt": secrets.token_urlsafe(16)} | ({"address": address[:45]} if address else {})
    return orjson.dumps({**members, **told, "data": shaped}, default=str)
