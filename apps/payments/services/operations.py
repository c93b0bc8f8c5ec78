"""Second step: submit an operation outside any transaction, then settle its answer.

A guess ("this call failed") is written only by the holder of the current `lease_epoch`.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import DateTimeField, ExpressionWrapper, F, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Now

from apps.connections.models import Attempt
from apps.core import clock, failpoints
from apps.core.actors import Actor
from apps.core.models import revise
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.payments import providers as port
from apps.payments.models import Operation
from apps.payments.providers import NotSent, Result, Status, Unsure
from apps.payments.registry import providers
from apps.payments.services.requests import publish_payment
from apps.payments.services.settlement import (
    FIRST_LOOK,
    change,
    finish_attempt,
    locked,
    settle,
    settle_failure,
    was_in_doubt,
)

LEASE = timedelta(seconds=60)
AGAIN_AFTER_NOT_SENT = timedelta(seconds=5)
MAX_ATTEMPTS = 20  # of calls that never left the house; then the payer may choose another way


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

    Returns None when it is not in `state`, or when its provider is not installed: then it waits.
    The lease is of the database's clock.
    """
    with organization_scope(organization_id, durable=True):
        found = workable(operation_id).filter(state=state).first()
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


def workable(operation_id: UUID) -> QuerySet[Operation]:
    """Return the operation, to be locked, unless another worker has it or nobody can serve it."""
    rows = Operation.objects.select_for_update(of=("self",), skip_locked=True)
    return rows.filter(id=operation_id, payment__provider__in=list(providers()))


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
        change(
            operation,
            state=Operation.State.UNKNOWN,
            error_code=fault[:60],
            lease_until=None,
            due_at=operation.due_at if operation.lookups else clock.now() + FIRST_LOOK,
        )
        finish_attempt(operation, Attempt.Outcome.UNKNOWN, fault)
        revise(payment)
        publish_payment(Actor.system(organization_id), "payment.unknown", payment, invoice)
    return True


def _give_back(order: Order, fault: str) -> None:
    """Take back a call that never left the house: it is made again, or given up.

    When an earlier call of the operation is in doubt, so is the operation: the janitor has it.
    """
    with organization_scope(order.organization_id, durable=True):
        invoice, payment, operation = locked(order.id)
        if operation.state != Operation.State.SENT or operation.lease_epoch != order.epoch:
            return
        finish_attempt(operation, Attempt.Outcome.RETRYABLE, fault)
        if was_in_doubt(operation):
            change(operation, state=Operation.State.UNKNOWN, lease_until=None)
            return
        if operation.attempts >= MAX_ATTEMPTS:
            asked = Money(operation.amount, operation.currency)
            given_up = Result(Status.DECLINED, asked, "", decline_code="provider_unreachable")
            actor = Actor.system(order.organization_id)
            settle_failure(actor, invoice, payment, operation, given_up)
            return
        change(
            operation,
            state=Operation.State.RECORDED,
            lease_until=None,
            error_code=fault[:60],
            due_at=clock.now() + AGAIN_AFTER_NOT_SENT,
        )


def _after(span: timedelta) -> Combinable:
    return ExpressionWrapper(Now() + Value(span), output_field=DateTimeField())
