"""Shapes of clients, contacts and invitations."""

from apps.clients.serializers.companies import (
    ClientChangeSerializer,
    ClientInputSerializer,
    ClientSerializer,
    ContactInputSerializer,
    ContactSerializer,
    NewContactSerializer,
)
from apps.clients.serializers.joining import (
    InvitationInputSerializer,
    InvitationSerializer,
    RegisterSerializer,
)

__all__ = [
    "ClientChangeSerializer",
    "ClientInputSerializer",
    "ClientSerializer",
    "ContactInputSerializer",
    "ContactSerializer",
    "InvitationInputSerializer",
    "InvitationSerializer",
    "NewContactSerializer",
    "RegisterSerializer",
]
