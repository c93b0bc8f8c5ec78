"""Clients and their contacts."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.clients import services
from apps.clients.models import Client, Contact
from apps.clients.serializers import (
    ClientChangeSerializer,
    ClientInputSerializer,
    ClientSerializer,
    ContactInputSerializer,
    ContactSerializer,
    NewContactSerializer,
)
from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of, gone
from apps.core.filters import by_choice, by_flag, by_text, by_time
from apps.core.lists import DetailView, ListView


class ClientList(ListView[Client]):
    serializer_class = ClientSerializer
    filters: ClassVar[Any] = {
        "status": by_choice("status", Client.Status.values),
        "currency": by_text("currency"),
        "email": by_text("email__iexact"),
        "created_after": by_time("created_at__gt"),
        "created_before": by_time("created_at__lt"),
    }
    sorts: ClassVar[Any] = {
        "created_at": "created_at",
        "updated_at": "updated_at",
        "name": "name",
    }
    search = ("name", "company", "email")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Client]:
        """The companies of the organization; a contact sees his own."""
        return Client.objects.visible_to(actor)

    @extend_schema(request=ClientInputSerializer, responses={201: ClientSerializer})
    def post(self, request: Request) -> Response:
        """Make a client company."""
        actor = actor_of(request)
        client = services.create_client(actor, **self.body(ClientInputSerializer))
        return self.made_for(actor, client.id)


class ClientDetail(DetailView[Client]):
    serializer_class = ClientSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Client]:
        """The companies of the organization; a contact sees his own."""
        return Client.objects.visible_to(actor)

    @extend_schema(request=ClientChangeSerializer, responses={200: ClientSerializer})
    def put(self, request: Request, pk: UUID) -> Response:
        """Replace a client; currency, time zone, language and status stay unless given."""
        return self._change(request, pk, self.body(ClientChangeSerializer))

    @extend_schema(request=ClientChangeSerializer, responses={200: ClientSerializer})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change some fields of a client."""
        return self._change(request, pk, self.body(ClientChangeSerializer, partial=True))

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete a client that has neither invoices nor projects."""
        actor = actor_of(request)
        services.delete_client(actor, self.locked(self.visible(actor), pk))
        return gone()

    def _change(self, request: Request, pk: UUID, changes: dict[str, Any]) -> Response:
        actor = actor_of(request)
        services.change_client(actor, self.locked(self.visible(actor), pk), **changes)
        return self.shown_to(actor, pk)


class ClientArchivals(ApiView[Client]):
    serializer_class = ClientSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Client]:
        """The companies of the organization; a contact sees his own."""
        return Client.objects.visible_to(actor)

    @extend_schema(request=None, responses={201: ClientSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Archive a client."""
        actor = actor_of(request)
        services.archive_client(actor, self.locked(self.visible(actor), pk))
        return self.shown_to(actor, pk, status=201)


class ClientRestorations(ApiView[Client]):
    serializer_class = ClientSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Client]:
        """The same, and for the team the deleted companies too."""
        return Client.objects.restorable_to(actor)

    @extend_schema(request=None, responses={201: ClientSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Bring an archived or deleted client back."""
        actor = actor_of(request)
        services.restore_client(actor, self.locked(self.visible(actor), pk))
        return self.shown_to(actor, pk, status=201)


class ContactList(ListView[Contact]):
    serializer_class = ContactSerializer
    filters: ClassVar[Any] = {
        "role": by_choice("role", Contact.Role.values),
        "is_primary": by_flag("is_primary"),
        "is_billing": by_flag("is_billing"),
        "created_after": by_time("created_at__gt"),
        "created_before": by_time("created_at__lt"),
    }
    sorts: ClassVar[Any] = {
        "created_at": "created_at",
        "first_name": "first_name",
        "last_name": "last_name",
    }
    search = ("first_name", "last_name", "email")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Contact]:
        """The people of a company."""
        return Contact.objects.visible_to(actor).filter(client_id=parents["client_id"])

    def parent(self, actor: Actor, **parents: UUID) -> QuerySet[Client]:
        """The company."""
        return Client.objects.visible_to(actor).filter(id=parents["client_id"])

    @extend_schema(request=NewContactSerializer, responses={201: ContactSerializer})
    def post(self, request: Request, client_id: UUID) -> Response:
        """Add a contact; with a password he can sign in at once."""
        actor = actor_of(request)
        client = services.locked_client(actor, client_id)  # one primary, each e-mail once
        contact = services.create_contact(actor, client, **self.body(NewContactSerializer))
        return self.made_for(actor, contact.id, client_id=client_id)


class ContactDetail(DetailView[Contact]):
    serializer_class = ContactSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Contact]:
        """The people of a company."""
        return Contact.objects.visible_to(actor).filter(client_id=parents["client_id"])

    @extend_schema(request=ContactInputSerializer, responses={200: ContactSerializer})
    def put(self, request: Request, client_id: UUID, pk: UUID) -> Response:
        """Replace a contact."""
        return self._change(request, client_id, pk, self.body(ContactInputSerializer))

    @extend_schema(request=ContactInputSerializer, responses={200: ContactSerializer})
    def patch(self, request: Request, client_id: UUID, pk: UUID) -> Response:
        """Change some fields; a contact may change his own name and phone."""
        return self._change(request, client_id, pk, self.body(ContactInputSerializer, partial=True))

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, client_id: UUID, pk: UUID) -> Response:
        """Remove a contact; his access to this company ends at once."""
        actor = actor_of(request)
        rows = self.visible(actor, client_id=client_id)
        services.delete_contact(actor, self.locked(rows, pk))
        return gone()

    def _change(
        self, request: Request, client_id: UUID, pk: UUID, changes: dict[str, Any]
    ) -> Response:
        actor = actor_of(request)
        rows = self.visible(actor, client_id=client_id)
        services.change_contact(actor, self.locked(rows, pk), **changes)
        return self.shown(rows, pk)
