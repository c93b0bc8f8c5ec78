"""The consumer `mail`: one row for each event and address, in the transaction of the cursor.

A row that exists is left alone, so a repeated event makes no second mail.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.approvals.models import Approval
from apps.clients.models import Client
from apps.events.hints import hint
from apps.events.models import Event
from apps.notifications.mail.access import ACCESS, access_letters, write_access
from apps.notifications.mail.letters import KINDS, Words, name_of, write, write_notice
from apps.notifications.mail.notices import NOTICES
from apps.notifications.mail.recipients import recipients_of
from apps.notifications.mail.sender import domain, look_of
from apps.notifications.models import Mail
from apps.organizations.models import Organization

Told = tuple[Event, User, dict[str, Any]]


def write_mails(events: Sequence[Event]) -> None:
    """Write the mails of a batch of one organization's events. Seven statements for any batch.

    A mail that opens an account costs up to four more. Mails of the demo studio, and all where
    no server is set, are kept in the outbox (R3).
    """
    told = [event for event in events if is_told(event)]
    organization = _studio(told)
    if organization is None:
        return
    sends = bool(settings.SMTP_URL) and not organization.is_demo
    state = Mail.State.PENDING if sends else Mail.State.KEPT
    look = look_of(organization)
    rows = [
        _mail(event, user, state, look | facts)
        for event, user, facts in [*_of_work(told), *_of_accounts(told)]
    ]
    rows += _of_access(told, state, look)
    Mail.objects.bulk_create(rows, ignore_conflicts=True)
    if rows and sends:
        transaction.on_commit(partial(hint, "notifications.send_mail"), robust=True)


def is_told(event: Event) -> bool:
    """Whether an event becomes a mail; one whose body was erased does not."""
    if event.body is None:
        return False
    name = name_of(event)
    return name in KINDS or name in NOTICES or name in ACCESS


def _studio(told: Sequence[Event]) -> Organization | None:
    """Return whose mails these are; the log of unknown people belongs to nobody."""
    return Organization.objects.filter(id=told[0].organization_id).first() if told else None


def _of_work(told: Sequence[Event]) -> Iterator[Told]:
    """Yield who is told of the client's things, and the values of his letter."""
    events = [event for event in told if event.kind in KINDS]
    if not events:
        return
    people, facts = recipients_of(events), _facts(events)
    for event in events:
        yield from ((event, user, facts[event.id]) for user in people[event.id])


def _of_accounts(told: Sequence[Event]) -> Iterator[Told]:
    """Yield the people of account events, whatever their role, and the values of their notice."""
    events = [event for event in told if name_of(event) in NOTICES]
    ids = {pk for event in events for pk in event.user_ids or []}
    people = User.objects.filter(id__in=ids, is_active=True).in_bulk() if ids else {}
    for event in events:
        data = orjson.loads(event.data)
        facts = data.get("details") or data
        at = f"{event.occurred_at:%A %-d %B %Y, %H:%M} UTC"
        for pk in event.user_ids or []:
            if pk in people:
                yield event, people[pk], facts | {"at": at}


def _of_access(told: Sequence[Event], state: str, look: dict[str, str]) -> list[Mail]:
    """Return the mails that open an account or move it; some of their readers have none yet."""
    events = [event for event in told if name_of(event) in ACCESS]
    return [
        _row(event, letter.user, letter.to, state, write_access(letter, look), is_sensitive=True)
        for event in events
        for letter in access_letters(event, look["studio"])
    ]


def _mail(event: Event, user: User, state: str, facts: dict[str, Any]) -> Mail:
    values = facts | {"first_name": user.first_name}
    notice = NOTICES.get(name_of(event))
    words = write_notice(notice, values) if notice else write(event.kind, values)
    return _row(event, user, user.email, state, words)


def _row(
    event: Event, user: User | None, to: str, state: str, words: Words, *,
    is_sensitive: bool = False,
) -> Mail:  # fmt: skip
    return Mail(
        organization_id=event.organization_id, user=user, event_id=event.id, kind=event.kind,
        to_address=to, subject=words.subject, text=words.text, html=words.html,
        message_id=message_id_of(event.id, to), state=state, is_sensitive=is_sensitive,
    )  # fmt: skip


def message_id_of(event_id: UUID, address: str) -> str:
    """Return the Message-ID of an event's mail to an address: the same whenever it is asked."""
    place = hashlib.sha256(address.lower().encode()).hexdigest()[:8]
    return f"<{event_id.hex}.{place}@{domain()}>"


def _facts(events: Sequence[Event]) -> dict[UUID, dict[str, Any]]:
    """Return the values of each event's letter by the event's id."""
    organization_id = events[0].organization_id
    clients = Client.objects.filter(
        organization_id=organization_id, id__in={event.client_id for event in events}
    ).in_bulk()
    questions = _questions(
        organization_id, {e.aggregate_id for e in events if e.aggregate_type == "approval"}
    )
    return {
        event.id: orjson.loads(event.data)
        | {"client": _name(clients.get(event.client_id))}
        | questions.get(event.aggregate_id, {})
        for event in events
    }


def _name(client: Client | None) -> str:
    return "" if client is None else client.name


def _questions(organization_id: UUID, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = Approval.objects.filter(organization_id=organization_id, id__in=ids)
    return {
        row.id: {
            "asker": row.created_by.first_name or row.created_by.name,
            "due_date": row.due_date,
            "file_name": row.file.name,
            "project": row.project.name if row.project else "",
        }
        for row in rows.select_related("created_by", "file", "project")
    }
