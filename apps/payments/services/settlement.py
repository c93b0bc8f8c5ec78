"""Third step: what the provider said becomes rows, postings and events at once.

Facts from the provider are settled by anyone at any time. Lock order: invoice, payment,
operation, ledger (`integration.md`, 9.4).
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import DurationField, ExpressionWrapper, F, IntegerField
from django.db.models.functions import Cast, Extract, Now

from apps.connections.models import Attempt
from apps.core import clock, failpoints
from apps.core.actors import Actor
from apps.core.models import revise
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.events.outbox import publish
from apps.invoices.models import Invoice
from apps.invoices.services import apply_payment
from apps.ledger import services as ledger
from apps.payments.models import Operation, Payment
from apps.payments.providers import Result, Status
from apps.payments.services.requests import publish_payment

FIRST_LOOK = timedelta(seconds=30)
FINAL = {Status.SUCCEEDED, Status.DECLINED, Status.CANCELLED}


def settle(organization_id: UUID, operation_id: UUID, result: Result) -> None:
    """Write the provider's answer down: payment, ledger, invoice and events at once.

    A final state never changes: a later answer that contradicts it is published as
    `payment.mismatch` and posts nothing, and so is an answer about another amount.
    """
    with organization_scope(organization_id, durable=True):
        invoice, payment, operation = locked(operation_id)
        actor = Actor.system(organization_id)
        fault = _contradiction(operation, result)
        finish_attempt(operation, Attempt.Outcome.OK)
        if fault:
            _publish_mismatch(actor, payment, invoice, fault)
        if operation.state in Operation.FINAL:
            return
        if fault:
            change(operation, state=Operation.State.MANUAL, lease_until=None)
        elif result.status == Status.SUCCEEDED:
            _settle_capture(actor, invoice, payment, operation, result)
        elif result.status in FINAL:
            settle_failure(actor, invoice, payment, operation, result)
        else:
            _settle_waiting(payment, operation, result)


def locked(operation_id: UUID) -> tuple[Invoice, Payment, Operation]:
    """Return an operation with its payment and invoice, locked in the order of 9.4."""
    rows = Operation.objects.filter(id=operation_id)
    invoice_id, payment_id = rows.values_list("payment__invoice_id", "payment_id").get()
    invoice = Invoice.objects.select_for_update(of=("self",)).get(id=invoice_id)
    payment = Payment.objects.select_for_update(of=("self",)).get(id=payment_id)
    return invoice, payment, rows.select_for_update(of=("self",)).get()


def finish_attempt(operation: Operation, outcome: str, fault: str = "") -> None:
    """Close the journal rows of the operation's calls, in the transaction that learnt of it."""
    spent = ExpressionWrapper(Now() - F("started_at"), output_field=DurationField())
    Attempt.objects.filter(operation_id=operation.id, outcome=Attempt.Outcome.STARTED).update(
        outcome=outcome,
        finished_at=Now(),
        error=fault[:500],
        duration_ms=Cast(Extract(spent, "epoch") * 1000, IntegerField()),
    )


def was_in_doubt(operation: Operation) -> bool:
    """Whether a call of the operation may have reached the provider without an answer."""
    rows = Attempt.objects.filter(operation_id=operation.id, outcome=Attempt.Outcome.UNKNOWN)
    return rows.exists()


def change(operation: Operation, **changes: Any) -> None:
    """Set `changes` on a locked operation and save just that."""
    for name, value in changes.items():
        setattr(operation, name, value)
    operation.save(update_fields=list(changes))


# -- what each answer means -----------------------------------------------------------------


def _publish_mismatch(actor: Actor, payment: Payment, invoice: Invoice, fault: str) -> None:
    revise(payment)
    publish(
        actor, "payment.mismatch", payment, client_id=invoice.client_id, id=payment.id,
        invoice_id=invoice.id, fault=fault,
    )  # fmt: skip


def _contradiction(operation: Operation, result: Result) -> str:
    asked = Money(operation.amount, operation.currency)
    if result.money != asked:
        return f"the provider names {result.money.amount} {result.money.currency}"
    succeeded = result.status == Status.SUCCEEDED
    if operation.state == Operation.State.DECLINED and succeeded:
        return "the provider charged what we hold as declined"
    if operation.state == Operation.State.SUCCEEDED and result.status in FINAL and not succeeded:
        return f"the provider says {result.status} of what we hold as paid"
    return ""


def _settle_capture(
    actor: Actor, invoice: Invoice, payment: Payment, operation: Operation, result: Result
) -> None:
    _close(operation, Operation.State.SUCCEEDED, result)
    revise(
        payment,
        state=Payment.State.SUCCEEDED,
        captured=result.money.amount,
        provider_ref=result.provider_ref,
        method=result.method,
        action=None,
        provider_version=result.version,
    )
    event_id = publish_payment(
        actor, "payment.succeeded", payment, invoice, invoice_number=invoice.number
    )
    taken = apply_payment(actor, invoice, result.money)
    rest = result.money - taken
    nothing = Money(0, result.money.currency)
    ledger.post(
        payment.organization_id,
        kind="capture",
        source_type="operation",
        source_id=operation.id,
        lines=[
            (ledger.CLEARING, payment.connection_id, result.money),
            (ledger.RECEIVABLE, invoice.client_id, nothing - taken),
            (ledger.CREDIT, invoice.client_id, nothing - rest),
        ],
        invoice_id=invoice.id,
        payment_id=payment.id,
        event_id=event_id,
    )
    failpoints.hit("pay.in_settle_after_ledger")


def settle_failure(
    actor: Actor, invoice: Invoice, payment: Payment, operation: Operation, result: Result
) -> None:
    """Close a payment without money; the invoice stays open for the next try (R85)."""
    code = result.decline_code or str(result.status)
    _close(operation, Operation.State.DECLINED, result)
    cancelled = result.status == Status.CANCELLED
    revise(
        payment,
        state=Payment.State.CANCELLED if cancelled else Payment.State.DECLINED,
        decline_code=code[:60],
        provider_ref=result.provider_ref or None,
        method=result.method,
        action=None,
    )
    publish_payment(actor, "payment.failed", payment, invoice, decline_code=code)


def _settle_waiting(payment: Payment, operation: Operation, result: Result) -> None:
    """Note that the provider has it and the end is open; the janitor asks again (R84).

    The operation stays SENT without a lease: no call of ours is under way.
    """
    state = Payment.State(str(result.status))
    if operation.state != Operation.State.SENT or operation.lease_until is not None:
        change(
            operation,
            state=Operation.State.SENT,
            provider_ref=result.provider_ref,
            lease_until=None,
            lookups=0,
            due_at=clock.now() + FIRST_LOOK,
        )
    if payment.state != state:
        action = dict(result.action) if result.action else None
        revise(
            payment,
            state=state,
            provider_ref=result.provider_ref,
            method=result.method,
            action=action,
        )


def _close(operation: Operation, state: str, result: Result) -> None:
    change(
        operation,
        state=state,
        settled_at=clock.now(),
        lease_until=None,
        provider_ref=result.provider_ref,
        error_code=result.decline_code[:60],
    )
