"""Clients, their contacts, and how people come in."""

from apps.clients.views.companies import (
    ClientArchivals,
    ClientDetail,
    ClientList,
    ClientRestorations,
    ContactDetail,
    ContactList,
)
from apps.clients.views.joining import (
    InvitationDetail,
    InvitationList,
    InvitationResends,
    Register,
    RegistrationDetail,
)

__all__ = [
    "ClientArchivals",
    "ClientDetail",
    "ClientList",
    "ClientRestorations",
    "ContactDetail",
    "ContactList",
    "InvitationDetail",
    "InvitationList",
    "InvitationResends",
    "Register",
    "RegistrationDetail",
]
