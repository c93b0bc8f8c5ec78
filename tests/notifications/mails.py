"""How tests make mails, read them and move their leases."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.db.models.functions import Now

from apps.accounts.models import Membership
from apps.core.actors import Actor
from apps.core.ids import uuid7
from apps.core.tenancy import organization_scope
from apps.notifications.mail import write_mails
from apps.notifications.mail.writing import message_id_of
from apps.notifications.models import Mail
from tests.conftest import events_of

FAR = timedelta(days=1)


def make_mail(person: Membership, **fields: Any) -> Mail:
    """A pending mail to `person`."""
    event_id = uuid7()
    defaults = {
        "user_id": person.user_id, "event_id": event_id, "kind": "invoice.sent",
        "to_address": person.user.email, "subject": "Invoice 7 from North",
        "text": "Hello\nhttps://portal.example/#/invoices/7\n",
        "html": '<p>Hello <a href="https://portal.example/#/invoices/7">See it</a></p>',
        "message_id": message_id_of(event_id, person.user.email),
    }  # fmt: skip
    with organization_scope(person.organization_id):
        return Mail.objects.create(organization_id=person.organization_id, **defaults | fields)


def write_all(row: Any) -> None:
    """Let the consumer read every event of the row's organization once."""
    events = [event for event in events_of(row) if event.kind.partition(".")[0] in AREAS]
    with organization_scope(row.organization_id):
        write_mails(events)


AREAS = {"approval", "invoice", "payment"}


def mails(row: Any) -> list[Mail]:
    """The mails of the row's organization, oldest first."""
    with organization_scope(row.organization_id):
        found = Mail.objects.visible_to(Actor.system(row.organization_id))
        return list(found.order_by("created_at", "id"))


def again(mail: Mail) -> Mail:
    """Return the mail as it is stored now."""
    with organization_scope(mail.organization_id):
        return Mail.objects.get(id=mail.id)


def change(mail: Mail, **columns: Any) -> None:
    """Set columns as no service would."""
    with organization_scope(mail.organization_id):
        Mail.objects.filter(id=mail.id).update(**columns)


def end_lease(mail: Mail) -> None:
    """Let the lease run out."""
    change(mail, lease_until=Now() - timedelta(seconds=1))


def make_due(mail: Mail) -> None:
    """Let the wait be over."""
    change(mail, due_at=Now() - timedelta(seconds=1))


def links_of(html: str) -> list[str]:
    """The targets of the links of a page."""
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', html)]
