"""Payments: paying an invoice, and what became of it."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actors import Actor
from apps.core.api import actor_of
from apps.core.errors import NotFound
from apps.core.filters import by_choice, by_id, by_text, by_time
from apps.core.lists import DetailView, ListView
from apps.invoices.models import Invoice
from apps.payments import services
from apps.payments.models import WIRE_STATUSES, Payment, wire_status
from apps.payments.serializers import PaymentSerializer, PaymentWishSerializer


class PaymentList(ListView[Payment]):
    serializer_class = PaymentSerializer
    filters: ClassVar[Any] = {
        "status": by_choice("wire_status", WIRE_STATUSES),
        "provider": by_text("provider"),
        "invoice_id": by_id("invoice_id"),
        "client_id": by_id("invoice__client_id"),
        "created_after": by_time("created_at__gt"),
        "created_before": by_time("created_at__lt"),
    }
    sorts: ClassVar[Any] = {
        "created_at": "created_at", "updated_at": "updated_at", "amount": "amount",
    }  # fmt: skip

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Payment]:
        """The team sees all, a contact those of his companies."""
        return Payment.objects.visible_to(actor).alias(wire_status=wire_status())


class PaymentDetail(DetailView[Payment]):
    serializer_class = PaymentSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Payment]:
        """The team sees all, a contact those of his companies."""
        return Payment.objects.visible_to(actor)


class InvoicePaymentList(PaymentList):
    idempotency_required = True

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Payment]:
        """The payments of one invoice."""
        return super().visible(actor).filter(invoice_id=parents["invoice_id"])

    def parent(self, actor: Actor, **parents: UUID) -> QuerySet[Invoice]:
        """The invoice of the path."""
        return Invoice.objects.visible_to(actor).filter(id=parents["invoice_id"])

    @extend_schema(request=PaymentWishSerializer, responses={202: PaymentSerializer})
    def post(self, request: Request, invoice_id: UUID) -> Response:
        """Pay an invoice; the answer of the provider comes later. Needs `Idempotency-Key`."""
        actor = actor_of(request)
        invoice = self.parent(actor, invoice_id=invoice_id).first()
        if invoice is None:
            raise NotFound
        wish = services.Wish(**self.body(PaymentWishSerializer))
        payment = services.request_payment(actor, invoice, wish)
        rows = Payment.objects.visible_to(actor)
        return self.shown(rows, payment.id, status=status.HTTP_202_ACCEPTED)
