"""The consumer `mail`: one row for each event and address, in the transaction of the cursor.

A row that exists is left alone, so a repeated event makes no second mail.
"""

import hashlib
from collections.abc import Iterable, Sequence
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
from apps.notifications.mail.letters import KINDS, write
from apps.notifications.mail.recipients import recipients_of
from apps.notifications.mail.sender import domain
from apps.notifications.models import Mail
from apps.organizations.models import Organization


def write_mails(events: Sequence[Event]) -> None:
    """Write the mails of a batch of one organization's events. Seven statements for any batch.

    Mails of the demo studio, and all where no server is set, are kept in the outbox (R3).
    """
    told = [event for event in events if event.kind in KINDS and event.body is not None]
    if not told:
        return
    organization = Organization.objects.get(id=told[0].organization_id)
    sends = bool(settings.SMTP_URL) and not organization.is_demo
    state = Mail.State.PENDING if sends else Mail.State.KEPT
    people, facts = recipients_of(told), _facts(told)
    rows = [
        _mail(event, user, state, {"studio": organization.name} | facts[event.id])
        for event in told
        for user in people[event.id]
    ]
    Mail.objects.bulk_create(rows, ignore_conflicts=True)
    if rows and sends:
        transaction.on_commit(partial(hint, "notifications.send_mail"), robust=True)


def _mail(event: Event, user: User, state: str, facts: dict[str, Any]) -> Mail:
    words = write(event.kind, facts | {"first_name": user.first_name})
    return Mail(
        organization_id=event.organization_id, user_id=user.id, event_id=event.id,
        kind=event.kind, to_address=user.email, subject=words.subject, text=words.text,
        html=words.html, message_id=message_id_of(event.id, user.email), state=state,
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
