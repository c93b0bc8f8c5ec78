"""What the log holds of a person, and how it forgets: the body goes, the chain stays whole."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection
from django.db.models import Min, Q, QuerySet

from apps.core import clock
from apps.core.privacy import Area, Counts, Subject, Times, remove
from apps.core.tenancy import organization_scope
from apps.events.jobs import Later
from apps.events.models import Cursor, Event, Job

PATIENCE = timedelta(hours=1)  # then a consumer that hangs delays no erasure any more
FORGET_ANSWERS = """
DELETE FROM events_idempotency WHERE organization_id = %s
   AND (actor_id = %s OR position(convert_to(%s, 'UTF8') in body) > 0)
"""
EMPTY_OLD = """
UPDATE events_event SET body = NULL WHERE id IN (
  SELECT id FROM events_event WHERE organization_id = %s AND body IS NOT NULL
     AND occurred_at < %s AND seq IS NOT NULL ORDER BY seq LIMIT %s)
"""


def areas(subject: Subject) -> list[Area]:
    """Return the events that the person made, or that are about him."""
    columns = (
        "id", "seq", "kind", "aggregate_type", "aggregate_id", "actor_id", "occurred_at",
        "request_id", "body",
    )  # fmt: skip

    def shape(row: dict[str, Any]) -> dict[str, Any]:
        body = orjson.loads(row.pop("body") or "{}")
        own = row.pop("actor_id") == subject.user_id
        return row | {
            "by": "you" if own else "others",
            "address": body.get("address") if own else None,
            "data": body.get("data"),
        }

    events = Event.objects.filter(_about(subject)).values(*columns)
    asked = Job.objects.filter(organization_id=subject.organization_id, user_id=subject.user_id)
    return [
        Area("events", "What you did, and what happened to your account.", events, shape),
        Area(
            "jobs", "Long work that you asked for.",
            asked.values("id", "kind", "status", "created_at", "finished_at"),
        ),
    ]  # fmt: skip


def erase(subject: Subject) -> Counts:
    """Empty the bodies of the person's events and of those that name him. Raises Later."""
    wait_for_consumers(subject)
    emptied = _telling(subject).update(body=None)
    with connection.cursor() as cursor:
        cursor.execute(FORGET_ANSWERS, [subject.organization_id, subject.user_id, subject.email])
        answers = cursor.rowcount
    return {"events.bodies": emptied, "events.stored_answers": answers}


def expire(organization_id: UUID, times: Times, most: int) -> Counts:
    """Empty bodies that are older than the audit is kept, and remove old jobs.

    Rows of the log are never removed: their numbers and hashes go on proving the chain.
    """
    with organization_scope(organization_id), connection.cursor() as cursor:
        cursor.execute(EMPTY_OLD, [organization_id, times.before("audit"), most])
        emptied = cursor.rowcount
        done = Job.objects.filter(
            organization_id=organization_id, finished_at__lt=times.before("jobs")
        )
        return {"events.bodies": emptied, "events.jobs": remove(done, most)}


def _about(subject: Subject) -> Q:
    mine = (
        Q(actor_id=subject.user_id)
        | Q(user_ids__contains=[subject.user_id])
        | Q(aggregate_id=subject.user_id)
    )
    return mine & Q(organization_id=subject.organization_id)


def _telling(subject: Subject) -> QuerySet[Event]:
    """Return the events that still tell something of the person."""
    named = _about(subject)
    for text in subject.texts:
        named |= Q(body__icontains=orjson.dumps(text).decode()[1:-1])
    return Event.objects.filter(named, organization_id=subject.organization_id, body__isnull=False)


def wait_for_consumers(subject: Subject) -> None:
    """Raise Later while a consumer has not read all events of a person, for an hour at most.

    It might still write a mail or a notification from them.
    """
    names = [consumer.name for consumer in settings.EVENT_CONSUMERS]
    cursors = Cursor.objects.filter(organization_id=subject.organization_id, consumer__in=names)
    read = cursors.aggregate(least=Min("seq"))["least"] or 0
    recent = _telling(subject).filter(occurred_at__gt=clock.now() - PATIENCE)
    if recent.filter(Q(seq__gt=read) | Q(seq__isnull=True)).exists():
        raise Later
