"""Invoices: lists, drafts, sending and cancelling."""

from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import DateField, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of, gone
from apps.core.fields import InputSerializer
from apps.core.filters import by_choice, by_date, by_id, by_text, by_time
from apps.core.lists import DetailView, ListView
from apps.invoices import services
from apps.invoices.models import Invoice
from apps.invoices.serializers import (
    InvoiceDraftSerializer,
    InvoiceSerializer,
    InvoiceSummarySerializer,
    draft_content,
)

NEVER = Value("9999-12-31", output_field=DateField())  # a draft without a date sorts last


class InvoiceList(ListView[Invoice]):
    serializer_class = InvoiceSummarySerializer
    filters: ClassVar[Any] = {
        "status": by_choice("status", Invoice.Status.values),
        "client_id": by_id("client_id"),
        "project_id": by_id("project_id"),
        "currency": by_text("currency"),
        "due_after": by_date("due_date__gt"),
        "due_before": by_date("due_date__lt"),
        "created_after": by_time("created_at__gt"),
        "created_before": by_time("created_at__lt"),
    }
    sorts: ClassVar[Any] = {
        "created_at": "created_at",
        "updated_at": "updated_at",
        "due_date": Coalesce("due_date", NEVER),
        "total": "total_minor",
    }
    search = ("number",)

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Invoice]:
        """The team sees all, a contact the issued ones of his companies."""
        return Invoice.objects.visible_to(actor)

    @extend_schema(request=InvoiceDraftSerializer, responses={201: InvoiceSerializer})
    def post(self, request: Request) -> Response:
        """Make a draft."""
        actor = actor_of(request)
        content = draft_content(self.body(InvoiceDraftSerializer))
        invoice = services.create_invoice(actor, content)
        return self.made_for(actor, invoice.id, InvoiceSerializer)


class InvoiceDetail(DetailView[Invoice]):
    serializer_class = InvoiceSerializer
    reads_at_once = True

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Invoice]:
        """The team sees all, a contact the issued ones of his companies."""
        return Invoice.objects.visible_to(actor)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the invoice. A contact's visit is recorded, a HEAD or the team's is not (R99)."""
        is_visit = actor.is_client and request.method == "GET"
        if is_visit:
            self.require_transaction()
        response = super().read(request, actor, **kwargs)
        if is_visit:
            services.record_view(actor, kwargs["pk"])
        return response

    @extend_schema(request=InvoiceDraftSerializer, responses={200: InvoiceSerializer})
    def put(self, request: Request, pk: UUID) -> Response:
        """Replace a draft."""
        actor = actor_of(request)
        invoice = self.locked(self.visible(actor), pk)
        services.change_invoice(actor, invoice, draft_content(self.body(InvoiceDraftSerializer)))
        return self.shown_to(actor, pk)

    @extend_schema(request=InvoiceDraftSerializer, responses={200: InvoiceSerializer})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change a part of a draft; `lines`, when given, replace all lines."""
        actor = actor_of(request)
        invoice = self.locked(self.visible(actor), pk)
        changes = self.body(InvoiceDraftSerializer, partial=True)
        content = replace(services.content_of(invoice), **changes)
        services.change_invoice(actor, invoice, content)
        return self.shown_to(actor, pk)

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a draft; an issued invoice can only be cancelled."""
        actor = actor_of(request)
        services.delete_draft(actor, self.locked(self.visible(actor), pk))
        return gone()


class InvoiceAction(ApiView[Invoice]):
    """What the actions on one invoice share: an empty body, and the invoice as the answer."""

    serializer_class = InvoiceSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Invoice]:
        """The team sees all, a contact the issued ones of his companies."""
        return Invoice.objects.visible_to(actor)

    def chosen(self, actor: Actor, pk: UUID) -> Invoice:
        """Return the locked invoice of the path; raises NotFound, ValidationError."""
        invoice = self.locked(self.visible(actor), pk)
        self.body(InputSerializer)
        return invoice


class InvoiceSends(InvoiceAction):
    @extend_schema(request=None, responses={200: InvoiceSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Issue a draft: it gets its number and goes to the client."""
        actor = actor_of(request)
        services.send_invoice(actor, self.chosen(actor, pk))
        return self.shown_to(actor, pk)


class InvoiceCancellations(InvoiceAction):
    @extend_schema(request=None, responses={200: InvoiceSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Cancel an issued invoice on which nothing was paid."""
        actor = actor_of(request)
        services.cancel_invoice(actor, self.chosen(actor, pk))
        return self.shown_to(actor, pk)
