"""First of three steps: record the wish to pay, with its key, before anything is sent."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.permissions import require
from apps.accounts.services import require_recent_proof
from apps.connections.models import Connection
from apps.core import clock, failpoints
from apps.core.actors import Actor
from apps.core.errors import InvalidFields
from apps.core.ids import uuid7
from apps.core.models import revise
from apps.core.money import Money
from apps.events.hints import hint
from apps.events.outbox import publish
from apps.invoices.models import Invoice
from apps.organizations.models import Organization, default_settings
from apps.payments.errors import (
    InvoiceNotPayable,
    OtherCurrency,
    Overpayment,
    PaymentInProgress,
)
from apps.payments.models import Operation, Payment
from apps.payments.registry import providers

KEY = "portico-{}"  # 44 characters with the id: Square allows 45


@dataclass(frozen=True, slots=True)
class Wish:
    """What a payer asks for: all that is due unless `amount` says less."""

    provider: str
    amount: Money | None = None
    card: str = ""


@transaction.atomic
def request_payment(actor: Actor, invoice: Invoice, wish: Wish) -> Payment:
    """Record a payment and its operation; a worker submits it after the commit.

    Two requests at once lead to one payment: the invoice is locked, and an index holds it too
    (R81). The same wish while a payment is open returns that payment. Raises PermissionDenied,
    InvalidFields, InvoiceNotPayable, OtherCurrency, Overpayment, PaymentInProgress, and
    ProofRequired where the organization asks for a recent proof before a payment.
    """
    require(actor, "payments.pay", invoice.client_id)
    organization = Organization.objects.get(id=actor.organization_id)
    _check_provider(organization, wish.provider)
    if organization.setting("security.step_up_payments"):
        require_recent_proof(actor)
    locked = Invoice.objects.select_for_update(of=("self",)).get(id=invoice.id)
    money = _payable(locked, wish.amount)
    open_payment = _open_payment(locked)
    if open_payment is not None:
        if open_payment.provider == wish.provider and open_payment.money == money:
            return open_payment
        _withdraw(actor, locked, open_payment)
    payment = Payment.objects.create(
        organization_id=locked.organization_id,
        invoice=locked,
        connection=provider_connection(locked.organization_id, wish.provider),
        provider=wish.provider,
        currency=money.currency,
        amount=money.amount,
    )
    operation = _record(payment, wish)
    publish_payment(actor, "payment.started", payment, locked)
    failpoints.hit("pay.after_recorded")
    identifiers = (str(locked.organization_id), str(operation.id))
    transaction.on_commit(partial(hint, "payments.submit_operation", *identifiers), robust=True)
    return payment


def provider_connection(organization_id: UUID, name: str) -> Connection:
    """Return the organization's connection to a provider, made on its first use."""
    connection, _is_new = Connection.objects.get_or_create(
        organization_id=organization_id, kind=name, name=name
    )
    return connection


def publish_payment(
    actor: Actor, kind: str, payment: Payment, invoice: Invoice, **data: Any
) -> UUID:
    """Publish an event of a payment to the team and the client; return its id."""
    return publish(
        actor, kind, payment, audience="client", client_id=invoice.client_id, id=payment.id,
        invoice_id=invoice.id, provider=payment.provider, amount=payment.money, **data,
    )  # fmt: skip


def _check_provider(organization: Organization, name: str) -> None:
    rules = default_settings()["payments"] | organization.settings.get("payments", {})
    offered = {provider["name"] for provider in rules["providers"]} & set(providers())
    if name not in offered:
        raise InvalidFields(provider="This way of paying is not offered.")


def _payable(invoice: Invoice, amount: Money | None) -> Money:
    """Return what is to be paid now; raises InvoiceNotPayable, OtherCurrency, Overpayment."""
    if invoice.status not in Invoice.OPEN or invoice.due_minor <= 0:
        raise InvoiceNotPayable(status=invoice.status)
    money = amount or invoice.due
    if money.currency != invoice.currency:
        raise OtherCurrency(currency=invoice.currency)
    if money.amount > invoice.due_minor:
        raise Overpayment(amount_due=invoice.due_minor, currency=invoice.currency)
    return money


def _open_payment(invoice: Invoice) -> Payment | None:
    rows = Payment.objects.select_for_update(of=("self",))
    return rows.filter(invoice=invoice, state__in=Payment.OPEN).first()


def _withdraw(actor: Actor, invoice: Invoice, payment: Payment) -> None:
    """Cancel an open payment of which nothing was sent; raises PaymentInProgress otherwise."""
    operations = Operation.objects.select_for_update(of=("self",)).filter(payment=payment)
    if any(operation.state != Operation.State.RECORDED for operation in operations):
        raise PaymentInProgress(payment_id=payment.id)
    operations.delete()  # a wish that nobody has heard of
    revise(payment, state=Payment.State.CANCELLED)
    publish_payment(actor, "payment.failed", payment, invoice, decline_code="replaced")


def _record(payment: Payment, wish: Wish) -> Operation:
    operation_id, now = uuid7(), clock.now()
    body = {"amount": payment.amount, "currency": payment.currency}
    return Operation.objects.create(
        id=operation_id,
        organization_id=payment.organization_id,
        payment=payment,
        kind=Operation.Kind.CREATE,
        amount=payment.amount,
        currency=payment.currency,
        idempotency_key=KEY.format(operation_id),
        request=body | ({"card": wish.card} if wish.card else {}),
        due_at=now,
        created_at=now,
    )
