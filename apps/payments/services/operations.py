"""Second and third step: submit an operation outside any transaction, then settle its answer.

Facts from the provider are settled by anyone at any time; a guess ("this call failed") only by
the holder of the current `lease_epoch`. Lock order: invoice, payment, operation, ledger.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, IntegerField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Extract, Now

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
from apps.payments import providers as port
from apps.payments.models import Operation, Payment
from apps.payments.providers import NotSent, Result, Status, Unsure
from apps.payments.registry import providers
from apps.payments.services.requests import publish_payment

LEASE = timedelta(seconds=60)
FIRST_LOOK = timedelta(seconds=30)
AGAIN_AFTER_NOT_SENT = timedelta(seconds=5)
MAX_ATTEMPTS = 20  # of calls that never left the house; then the payer may choose another way
FINAL = {Status.SUCCEEDED, Status.DECLINED, Status.CANCELLED}


@dataclass(frozen=True, slots=True)
class Order:
    """A claimed operation: what to send, where, and the epoch that fences a late holder."""

    organization_id: UUID
    operation: port.Operation
    provider: port.PaymentProvider
    connection_id: UUID
    epoch: int

    @property
    def id(self) -> UUID:
        """The operation's id."""
        return self.operation.id

    def context(self) -> port.Context:
        """Return what the provider may know of the call."""
        return port.Context(self.organization_id, self.connection_id, clock.now())


def submit_operation(organization_id: UUID, operation_id: UUID) -> None:
    """Send a recorded operation; nothing happens when it was sent already.

    Opens its own transactions and calls the provider between them; raises RuntimeError inside
    another one.
    """
    order = claim(organization_id, operation_id, Operation.State.RECORDED)
    if order is not None:
        send(order)


def claim(organization_id: UUID, operation_id: UUID, state: str) -> Order | None:
    """Move an operation from `state` to SENT with a lease of 60 s and a journal row; commit.

    Returns None when it is not in `state`. The lease is of the database's clock.
    """
    with organization_scope(organization_id, durable=True):
        rows = Operation.objects.select_for_update(of=("self",), skip_locked=True)
        found = rows.filter(id=operation_id, state=state).first()
        if found is None:
            return None
        Operation.objects.filter(id=found.id).update(
            state=Operation.State.SENT,
            first_sent_at=Coalesce(F("first_sent_at"), Value(clock.now())),
            attempts=F("attempts") + 1,
            lease_epoch=F("lease_epoch") + 1,
            lease_until=_after(LEASE),
        )
        operation = Operation.objects.select_related("payment").get(id=found.id)
        Attempt.objects.create(
            organization_id=organization_id,
            connection_id=operation.payment.connection_id,
            operation_id=operation.id,
            epoch=operation.lease_epoch,
            number=operation.attempts,
        )
    return order_of(operation)


def order_of(operation: Operation) -> Order:
    """Return what has to be known to call the provider about a stored operation."""
    return Order(
        organization_id=operation.organization_id,
        operation=port.Operation(
            id=operation.id,
            kind=operation.kind,
            money=Money(operation.amount, operation.currency),
            key=operation.idempotency_key,
            request=operation.request,
            provider_ref=operation.provider_ref,
        ),
        provider=providers()[operation.payment.provider],
        connection_id=operation.payment.connection_id,
        epoch=operation.lease_epoch,
    )


def send(order: Order) -> None:
    """Call the provider, outside any transaction, and settle what it says."""
    failpoints.hit("pay.after_sent_committed")
    try:
        result = order.provider.create(order.context(), order.operation)
    except NotSent as fault:
        _give_back(order, str(fault))
        return
    except Unsure as fault:
        mark_unknown(order.organization_id, order.id, order.epoch, str(fault))
        return
    failpoints.hit("pay.after_response_before_settle")
    settle(order.organization_id, order.id, result)
    failpoints.hit("pay.after_settle_before_answer")


def mark_unknown(organization_id: UUID, operation_id: UUID, epoch: int, fault: str) -> bool:
    """Say that nobody knows what became of a call; return whether the epoch still held it.

    The provider is asked from now on (`janitor`); the payer reads that we are checking (R83).
    """
    with organization_scope(organization_id, durable=True):
        invoice, payment, operation = locked(operation_id)
        if operation.state != Operation.State.SENT or operation.lease_epoch != epoch:
            return False
        _change(
            operation,
            state=Operation.State.UNKNOWN,
            error_code=fault[:60],
            lease_until=None,
            lookups=0,
            due_at=clock.now() + FIRST_LOOK,
        )
        _finish_attempt(operation, Attempt.Outcome.UNKNOWN, fault)
        revise(payment)
        publish_payment(Actor.system(organization_id), "payment.unknown", payment, invoice)
    return True


def settle(organization_id: UUID, operation_id: UUID, result: Result) -> None:
    """Write the provider's answer down: payment, ledger, invoice and events at once.

    A final state never changes: a later answer that contradicts it is published as
    `payment.mismatch` and posts nothing, and so is an answer about another amount.
    """
    with organization_scope(organization_id, durable=True):
        invoice, payment, operation = locked(operation_id)
        actor = Actor.system(organization_id)
        fault = _contradiction(operation, result)
        _finish_attempt(operation, Attempt.Outcome.OK)
        if fault:
            _publish_mismatch(actor, payment, invoice, fault)
        if operation.state in Operation.FINAL:
            return
        if fault:
            _change(operation, state=Operation.State.MANUAL, lease_until=None)
        elif result.status == Status.SUCCEEDED:
            _settle_capture(actor, invoice, payment, operation, result)
        elif result.status in FINAL:
            _settle_failure(actor, invoice, payment, operation, result)
        else:
            _settle_waiting(payment, operation, result)


def locked(operation_id: UUID) -> tuple[Invoice, Payment, Operation]:
    """Return an operation with its payment and invoice, locked in the order of 9.4."""
    rows = Operation.objects.filter(id=operation_id)
    invoice_id, payment_id = rows.values_list("payment__invoice_id", "payment_id").get()
    invoice = Invoice.objects.select_for_update(of=("self",)).get(id=invoice_id)
    payment = Payment.objects.select_for_update(of=("self",)).get(id=payment_id)
    return invoice, payment, rows.select_for_update(of=("self",)).get()


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


def _settle_failure(
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
        _change(
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
    _change(
        operation,
        state=state,
        settled_at=clock.now(),
        lease_until=None,
        provider_ref=result.provider_ref,
        error_code=result.decline_code[:60],
    )


# -- guesses, fenced ------------------------------------------------------------------------


def _give_back(order: Order, fault: str) -> None:
    """Take back a call that never left the house: it is made again, or given up."""
    with organization_scope(order.organization_id, durable=True):
        invoice, payment, operation = locked(order.id)
        if operation.state != Operation.State.SENT or operation.lease_epoch != order.epoch:
            return
        _finish_attempt(operation, Attempt.Outcome.RETRYABLE, fault)
        if operation.attempts >= MAX_ATTEMPTS:
            asked = Money(operation.amount, operation.currency)
            given_up = Result(Status.DECLINED, asked, "", decline_code="provider_unreachable")
            actor = Actor.system(order.organization_id)
            _settle_failure(actor, invoice, payment, operation, given_up)
            return
        _change(
            operation,
            state=Operation.State.RECORDED,
            lease_until=None,
            error_code=fault[:60],
            due_at=clock.now() + AGAIN_AFTER_NOT_SENT,
        )


def _finish_attempt(operation: Operation, outcome: str, fault: str = "") -> None:
    """Close the journal rows of the operation's calls, in the transaction that learnt of it."""
    spent = ExpressionWrapper(Now() - F("started_at"), output_field=DurationField())
    Attempt.objects.filter(operation_id=operation.id, outcome=Attempt.Outcome.STARTED).update(
        outcome=outcome,
        finished_at=Now(),
        error=fault[:500],
        duration_ms=Cast(Extract(spent, "epoch") * 1000, IntegerField()),
    )


def _change(operation: Operation, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(operation, name, value)
    operation.save(update_fields=list(changes))


def _after(span: timedelta) -> Combinable:
    return ExpressionWrapper(Now() + Value(span), output_field=DateTimeField())
