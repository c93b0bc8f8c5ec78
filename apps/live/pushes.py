"""From the log to the open sockets: the consumer `live`, and `push` (`design.md`, section 8).

What is pushed is decided inside the consumer's transaction, where counts can be read; it is sent
after the commit, since no network is used in a transaction.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.tenancy import organization_scope
from apps.events.models import Event
from apps.live import bus, groups
from apps.live.hints import Hint, hint_of
from apps.messaging.services import unread_messages
from apps.notifications.services import unread_notifications

ENDING = "session.revoked"
COUNTED = {
    "messages": (("message.sent", "message.read"), unread_messages),
    "notifications": (("notification.created",), unread_notifications),
}


def push(audience: Iterable[str], name: str, payload: dict[str, Any]) -> None:
    """Send the frame `name` with its members to the sockets of groups (`apps.live.groups`).

    Call it after the commit and from no event loop.
    """
    bus.send([_framed(group, name, payload) for group in dict.fromkeys(audience)])


def push_events(events: Sequence[Event]) -> None:
    """Tell the open sockets of a batch of one organization's events, once it is committed.

    Each group gets one message with all its hints in order, whatever the size of the batch.
    """
    messages = [*_changes(events), *_badges(events), *_endings(events)]
    transaction.on_commit(partial(bus.send, messages), robust=True)


def push_badges(organization_id: UUID, user_id: UUID) -> None:
    """Count anew what a person has not read and tell his sockets; opens its own transaction."""
    with organization_scope(organization_id, durable=True):
        counts = {
            name: count(organization_id, [user_id])[user_id]
            for name, (_kinds, count) in COUNTED.items()
        }
    for name, number in counts.items():
        audience = [groups.of_user(organization_id, user_id)]
        push(audience, "badge", {"name": name, "count": number})


def _framed(group: str, name: str, payload: dict[str, Any]) -> bus.Message:
    return group, {"type": "live.frame", "frame": {"type": name, **payload}}


def _changes(events: Iterable[Event]) -> list[bus.Message]:
    hints: dict[str, list[Hint]] = {}
    for event in events:
        hint = hint_of(event)
        for group in groups.reached_by(event):
            hints.setdefault(group, []).append(hint)
    return [(group, {"type": "live.changes", "hints": found}) for group, found in hints.items()]


def _badges(events: Sequence[Event]) -> list[bus.Message]:
    messages = []
    for name, (kinds, count) in COUNTED.items():
        people = {user for e in events if e.kind in kinds for user in e.user_ids or []}
        if people:
            organization_id = events[0].organization_id
            for user_id, number in count(organization_id, people).items():
                group = groups.of_user(organization_id, user_id)
                messages.append(_framed(group, "badge", {"name": name, "count": number}))
    return messages


def _endings(events: Iterable[Event]) -> list[bus.Message]:
    return [
        (groups.of_session(event.aggregate_id), {"type": "live.ended"})
        for event in events
        if event.kind == ENDING
    ]
