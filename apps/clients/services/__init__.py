"""Use cases of client companies and of their contacts."""

from apps.clients.services.arrivals import contacts_after_sign_on
from apps.clients.services.companies import (
    archive_client,
    change_client,
    create_client,
    delete_client,
    locked_client,
    restore_client,
)
from apps.clients.services.contacts import (
    change_contact,
    create_contact,
    delete_contact,
)
from apps.clients.services.joining import (
    METHOD,
    accept_invitation,
    confirm_registration,
    enter_as,
    invite_person,
    make_own_company,
)

__all__ = [
    "METHOD",
    "accept_invitation",
    "archive_client",
    "change_client",
    "change_contact",
    "confirm_registration",
    "contacts_after_sign_on",
    "create_client",
    "create_contact",
    "delete_client",
    "delete_contact",
    "enter_as",
    "invite_person",
    "locked_client",
    "make_own_company",
    "restore_client",
]
