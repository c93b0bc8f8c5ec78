"""Notifications: made by a consumer of the log, read and removed by their person.

A notification is announced by an event of its own (`notification.created`, to its person only):
apps talk through the log only, and it is what lets the sockets push the badge. It costs one INSERT
a row (0.4 ms with its lock, measured) and cannot loop, since kinds without words are not told of.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Count, Q

from apps.accounts.models import Membership
from apps.accounts.permissions import LEADERS, TEAM
from apps.core import clock
from apps.core.actors import ACCOUNTANT, CLIENT, Actor
from apps.core.models import revise
from apps.events.hints import hint
from apps.events.models import MONEY_AREAS, Event
from apps.events.outbox import publish
from apps.notifications.models import Notification
from apps.notifications.words import WORDS, words_for
from apps.projects.services import teams_of


def notify(events: Sequence[Event]) -> None:
    """Tell the people concerned of a batch of one organization's events (consumer `notify`).

    One row per person and event, whatever is repeated (R120); never to who did it. Four
    statements for any batch, and one per row to announce it.
    """
    told = [event for event in events if event.kind in WORDS and event.body is not None]
    if not told:
        return
    people = _people_of(told)
    hidden = _hidden_of(told, people)
    rows = [
        _notification(event, person.user_id)
        for event in told
        for person in people
        if person.user_id != event.actor_id
        and concerns(event, person)
        and (event.id, person.user_id) not in hidden
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    ids = [row.id for row in rows]
    made = set(Notification.objects.filter(id__in=ids).values_list("id", flat=True))
    actor = Actor.system(told[0].organization_id)
    for row in rows:
        if row.id in made:
            publish(
                actor, "notification.created", row, audience="user", user_ids=[row.user_id],
                causation_id=row.event_id, id=row.id, about=row.kind,
            )  # fmt: skip


def concerns(event: Event, person: Membership) -> bool:
    """Whether an event is told to a person: what `Event.visible_to` lets him see, and no more."""
    if event.audience == Event.Audience.USER:
        return person.user_id in (event.user_ids or [])
    if person.role == CLIENT:
        return event.audience == Event.Audience.CLIENT and event.client_id in person.client_ids
    if event.audience == Event.Audience.SYSTEM:
        return person.role in LEADERS
    return person.role != ACCOUNTANT or event.aggregate_type in MONEY_AREAS


@transaction.atomic
def mark_read(actor: Actor, notification: Notification) -> Notification:
    """Note that the person has read it; the row is locked by the caller."""
    if notification.read_at is None:
        revise(notification, read_at=clock.now())
        _recount(actor)
    return notification


@transaction.atomic
def mark_all_read(actor: Actor) -> int:
    """Mark everything of the person as read and return how many there were."""
    now = clock.now()
    unread = Notification.objects.visible_to(actor).filter(read_at__isnull=True)
    count = unread.update(read_at=now, updated_at=now)
    if count:
        _recount(actor)
    return count


@transaction.atomic
def remove(actor: Actor, notification: Notification) -> None:
    """Take it out of the person's list; the row is locked by the caller."""
    revise(notification, deleted_at=clock.now())
    _recount(actor)


def unread_notifications(organization_id: UUID, user_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return how many unread notifications each person has. One query."""
    rows = Notification.objects.filter(
        organization_id=organization_id, user_id__in=set(user_ids), read_at__isnull=True,
        deleted_at__isnull=True,
    )  # fmt: skip
    counts = rows.order_by().values("user_id").annotate(total=Count("id"))
    return dict.fromkeys(user_ids, 0) | {row["user_id"]: row["total"] for row in counts}


def _people_of(events: Iterable[Event]) -> list[Membership]:
    """Return all whom the batch can concern: the team, its companies' contacts, people named."""
    named: set[UUID] = set()
    companies: set[UUID] = set()
    for event in events:
        named |= set(event.user_ids or [])
        if event.audience == Event.Audience.CLIENT and event.client_id is not None:
            companies.add(event.client_id)
    organization_id = next(iter(events)).organization_id
    rows = Membership.objects.filter(
        organization_id=organization_id, is_active=True, user__is_active=True,
        user__is_service=False,
    )  # fmt: skip
    wanted = Q(role__in=sorted(TEAM)) | Q(user_id__in=named)
    if companies:
        wanted |= Q(role=CLIENT, client_ids__overlap=sorted(companies))
    rows = rows.select_related("organization", "user", "custom_role")
    return list(rows.filter(wanted).order_by("user_id"))


def _hidden_of(events: Sequence[Event], people: Sequence[Membership]) -> set[tuple[UUID, UUID]]:
    """Return the pairs of event and staff who do not see its project (R29)."""
    kept_apart = [person for person in people if person.actor().only_assigned]
    if not kept_apart:
        return set()
    about = {event.id: _project_of(event) for event in events}
    teams = teams_of({project for project in about.values() if project is not None})
    return {
        (event_id, person.user_id)
        for event_id, project in about.items()
        for person in kept_apart
        if project is not None and person.user_id not in teams.get(project, ())
    }


def _project_of(event: Event) -> UUID | None:
    if event.audience == Event.Audience.USER:
        return None
    if event.aggregate_type == "project":
        return event.aggregate_id
    named = orjson.loads(event.data).get("project_id")
    return UUID(named) if named else None


def _notification(event: Event, user_id: UUID) -> Notification:
    data: dict[str, Any] = orjson.loads(event.data)
    words = words_for(event.kind, data)
    return Notification(
        organization_id=event.organization_id, user_id=user_id, event_id=event.id,
        kind=event.kind, title=words.title, body=words.body, link=words.page,
        object_type=event.aggregate_type, object_id=event.aggregate_id,
    )  # fmt: skip


def _recount(actor: Actor) -> None:
    """Ask for a push of the badge to the person's other devices (R109).

    C13 has no kind for reading; a lost hint leaves an old number until the next change.
    """
    names = (str(actor.organization_id), str(actor.user_id))
    transaction.on_commit(partial(hint, "live.push_badges", *names), robust=True)
