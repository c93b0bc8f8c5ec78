"""Use cases of client companies and of their contacts."""

from apps.clients.services.companies import (
    archive_client,
    change_client,
    create_client,
    delete_client,
    locked_client,
    restore_client,
)
from apps.clients.services.contacts import change_contact, create_contact, delete_contact
from apps.clients.services.joining import contacts_after_sign_on

__all__ = [
    "archive_client",
    "change_client",
    "change_contact",
    "contacts_after_sign_on",
    "create_client",
    "create_contact",
    "delete_client",
    "delete_contact",
    "locked_client",
    "restore_client",
]
