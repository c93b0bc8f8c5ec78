"""Invoices on the old face: `/api/invoices*`."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Avg, Count, Q, QuerySet, Sum
from django.http import HttpResponse

from apps.clients.models import Client
from apps.core.actors import Actor
from apps.core.errors import NotFound
from apps.core.filters import by_choice, by_id
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.invoices import services
from apps.invoices.models import Invoice
from apps.node_api.answers import answer
from apps.node_api.api import NodeView, id_of
from apps.node_api.errors import Said
from apps.node_api.lists import NumberedList
from apps.node_api.pages import NumberedPage, short_pages
from apps.node_api.rendering import members_of
from apps.node_api.shapes.invoice_forms import client_of, content_of
from apps.node_api.shapes.invoices import (
    InvoiceDetailLines,
    InvoiceLines,
    InvoiceListRow,
    InvoicePage,
    InvoiceRow,
    StatusForm,
)
from apps.organizations.models import Organization, default_settings
from apps.payments import services as payments
from apps.payments.models import Payment
from apps.payments.serializers import PaymentWishSerializer

BY_HAND = "A payment is recorded when the provider reports it; it cannot be set by hand yet"
# Test cards of the old card script; a number of the fake provider is taken as it is.
CARDS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
}
SHOWN_AS = {"sent": ["sent", "viewed", "partially_paid"], "cancelled": ["cancelled", "refunded"]}


class InvoiceArea(NodeView):
    thing = "Invoice"

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Invoice]:
        """The team sees all, a contact the issued ones of his companies."""
        return Invoice.objects.visible_to(actor)

    def chosen(self, actor: Actor, pk: str) -> Invoice:
        """Return the locked invoice of the path; raises NotFound."""
        invoice: Invoice = self.locked(self.visible(actor), id_of(pk, label="invoice"))
        return invoice

    def written(self, actor: Actor, invoice: Invoice, status: int = 200) -> HttpResponse:
        """Return an invoice with its lines after it was written."""
        rows = self.visible(actor).filter(id=invoice.id)
        lines = members_of(self.shown(rows, InvoiceLines))
        return answer({"invoice": self.shown(rows, InvoiceRow)} | lines, status=status)


class InvoiceList(InvoiceArea, NumberedList):
    team_only = ("post",)
    key = "invoices"
    row = InvoiceListRow
    form = InvoicePage
    filters: ClassVar[Any] = {
        "status": by_choice("status", Invoice.Status.values),
        "client_id": by_id("client_id"),
        "project_id": by_id("project_id"),
    }
    search = ("number", "notes", "client__name")

    def pagination(self, page: NumberedPage) -> dict[str, Any]:
        """Return the old shape."""
        return short_pages(page)

    def post(self, actor: Actor) -> HttpResponse:
        """Make an invoice; `status: sent` sends it at once."""
        given = self.given()
        wanted = wanted_status(given)
        content = content_of(given, *client_and_currency(actor, given))
        invoice = services.create_invoice(actor, content)
        if wanted == "sent":
            services.send_invoice(actor, invoice)
        return self.written(actor, invoice, status=201)


def wanted_status(given: Any) -> str:
    """Return `draft` or `sent`, which a form of an invoice may ask for; raises Said."""
    wanted = given.get("status") or "draft"
    if wanted == "paid":
        raise Said(400, BY_HAND)
    if wanted not in ("draft", "sent"):
        raise Said(400, "Invalid status")
    return str(wanted)


def client_and_currency(actor: Actor, given: Any) -> tuple[UUID, str]:
    """Return the client of a form and its currency; raises InvalidForm, Said."""
    client_id = client_of(given)
    rows = Client.objects.visible_to(actor).filter(id=client_id)
    currency = rows.values_list("currency", flat=True).first()
    if currency is None:
        raise Said(400, "Invalid client ID")
    return client_id, currency


class InvoiceDetail(InvoiceArea):
    team_only = ("put", "delete")

    def get(self, actor: Actor, pk: str) -> HttpResponse:
        """Show one invoice with its lines."""
        rows = self.visible(actor).filter(id=id_of(pk, label="invoice"))
        lines = members_of(self.shown(rows, InvoiceLines))
        return answer({"invoice": self.shown(rows, InvoiceRow)} | lines)

    def put(self, actor: Actor, pk: str) -> HttpResponse:
        """Write a draft anew; only drafts can be changed."""
        invoice = self.chosen(actor, pk)
        given = self.given()
        wanted = wanted_status(given)
        content = content_of(given, *client_and_currency(actor, given))
        changed = services.change_invoice(actor, invoice, content)
        if wanted == "sent":
            services.send_invoice(actor, changed)
        return self.written(actor, changed)

    def delete(self, actor: Actor, pk: str) -> HttpResponse:
        """Remove a draft, or cancel what was issued: its number must stay taken."""
        invoice = self.chosen(actor, pk)
        if invoice.status == Invoice.Status.DRAFT:
            services.delete_draft(actor, invoice)
        else:
            services.cancel_invoice(actor, invoice)
        return answer({"message": "Invoice deleted successfully"})


class InvoiceDetails(InvoiceArea):
    def get(self, actor: Actor, pk: str) -> HttpResponse:
        """Show the lines as numbers, and note the first visit of a contact."""
        invoice_id = id_of(pk, label="invoice")
        lines = self.shown(self.visible(actor).filter(id=invoice_id), InvoiceDetailLines)
        if actor.is_client:
            services.record_view(actor, invoice_id)
        return answer(members_of(lines))


class InvoiceSend(InvoiceArea):
    team_only = ("post",)

    def post(self, actor: Actor, pk: str) -> HttpResponse:
        """Issue a draft: it gets its number and goes to the client."""
        services.send_invoice(actor, self.chosen(actor, pk))
        return answer({"message": "Invoice sent successfully"})


class InvoiceCancel(InvoiceArea):
    team_only = ("post",)

    def post(self, actor: Actor, pk: str) -> HttpResponse:
        """Cancel an invoice on which nothing was paid."""
        services.cancel_invoice(actor, self.chosen(actor, pk))
        return answer({"message": "Invoice cancelled successfully"})


class InvoiceStatus(InvoiceArea):
    team_only = ("put",)

    def put(self, actor: Actor, pk: str) -> HttpResponse:
        """Set the status, as far as a service leads there."""
        invoice = self.chosen(actor, pk)
        status = self.body(StatusForm)["status"]
        if status == "paid":
            raise Said(400, BY_HAND)
        change = services.send_invoice if status == "sent" else services.cancel_invoice
        change(actor, invoice)
        return answer({"message": "Invoice status updated successfully"})


class InvoiceStats(InvoiceArea):
    def get(self, actor: Actor) -> HttpResponse:
        """Count and add up what the caller may see, in his organization's currency."""
        organization = Organization.objects.visible_to(actor).get()
        found = self.visible(actor).aggregate(
            total_invoices=Count("id"),
            draft_count=Count("id", filter=Q(status="draft")),
            sent_count=Count("id", filter=Q(status__in=SHOWN_AS["sent"])),
            paid_count=Count("id", filter=Q(status="paid")),
            overdue_count=Count("id", filter=Q(status="overdue")),
            cancelled_count=Count("id", filter=Q(status__in=SHOWN_AS["cancelled"])),
        )
        own = self.visible(actor).filter(currency=organization.currency)
        sums = own.aggregate(
            total_revenue=Sum("paid_minor"),
            pending_revenue=Sum("total_minor", filter=Q(status__in=Invoice.OPEN)),
            average_invoice_amount=Avg("total_minor", filter=~Q(status="cancelled")),
        )
        in_main_unit = {
            name: float(Money(round(minor or 0), organization.currency).major())
            for name, minor in sums.items()
        }
        return answer(found | in_main_unit)


class InvoicePay(InvoiceArea):
    """Asks for the payment, sends it at once, and says what the provider answered.

    The amount of the body is never believed: what is due is charged. The call of the provider
    happens with no transaction open.
    """

    atomic = False

    def post(self, actor: Actor, pk: str) -> HttpResponse:
        """Pay what is due of an invoice with a card."""
        invoice_id = id_of(pk, label="invoice")
        given = self.given()
        with organization_scope(actor.organization_id):
            invoice = self.one(self.visible(actor), id=invoice_id)
            wish = wish_of(actor, given)
            payment = payments.request_payment(actor, invoice, wish)
            operations = list(payment.operations.values_list("id", flat=True))
        for operation_id in operations:
            payments.submit_operation(actor.organization_id, operation_id)
        with organization_scope(actor.organization_id):
            state = Payment.objects.visible_to(actor).values_list("state", flat=True)
            return self._told(payment.id, state.get(id=payment.id))

    def _told(self, payment_id: UUID, state: str) -> HttpResponse:
        if state == Payment.State.SUCCEEDED:
            text = "Payment processed successfully"
            return answer({"success": True, "message": text, "payment_id": payment_id})
        if state in {Payment.State.DECLINED, Payment.State.CANCELLED}:
            raise Said(402, "Payment was declined")
        text = "Payment is being processed"
        return answer({"success": True, "message": text, "payment_id": payment_id}, status=202)


def wish_of(actor: Actor, given: Mapping[str, Any]) -> payments.Wish:
    """Return a wish to pay all that is due in the first way that the organization offers.

    Raises NotFound where it offers none, Said for a card that the provider does not know.
    """
    organization = Organization.objects.visible_to(actor).get()
    rules = default_settings()["payments"] | organization.settings.get("payments", {})
    names = [provider["name"] for provider in rules["providers"]]
    if not names:
        raise NotFound
    method = str(given.get("payment_method_id") or "")
    form = {"provider": names[0]} | ({"card": CARDS.get(method, method)} if method else {})
    wish = PaymentWishSerializer(data=form)
    if not wish.is_valid():
        raise Said(400, "This payment method is not known")
    return payments.Wish(**wish.validated_data)
