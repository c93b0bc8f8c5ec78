"""Makers of notifications."""

from itertools import count
from typing import Any

from apps.accounts.models import Membership
from apps.core.ids import uuid7
from apps.core.tenancy import organization_scope
from apps.notifications.models import Notification

numbers = count(1)


def make_notification(person: Membership, **fields: Any) -> Notification:
    """A notification of `person`, unread unless `read_at` is given."""
    defaults = {
        "event_id": uuid7(), "kind": "invoice.sent", "title": f"Invoice {next(numbers)}",
        "body": "€10.00 due.", "link": "/invoices", "object_type": "invoice", "object_id": uuid7(),
    }  # fmt: skip
    with organization_scope(person.organization_id):
        return Notification.objects.create(
            organization_id=person.organization_id, user_id=person.user_id, **(defaults | fields)
        )
