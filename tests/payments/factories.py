"""Makers of payments, and what a worker does to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apps.core import failpoints
from apps.core.actors import Actor
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.invoices.models import Invoice
from apps.organizations.models import Organization
from apps.payments.models import FakeCharge, Operation, Payment
from apps.payments.services import (
    Wish,
    broken_invariants,
    request_payment,
    submit_operation,
)
from tests.conftest import events_of

SUCCESS = "4242424242424242"
DECLINE = "4000000000000002"
ACTION, ACTION_IGNORED = "4000000000003220", "4000000000003063"
DELAY, DELAY_THEN_DECLINE = "4000000000000077", "4000000000004954"
LOST_ANSWER, LOST_REQUEST = "4000000000000119", "4000000000000127"
UNREACHABLE = "4000000000000341"


def make_payment(invoice: Invoice, card: str = SUCCESS, amount: int | None = None) -> Payment:
    """A payment that is recorded and not submitted yet."""
    money = Money(amount, invoice.currency) if amount else None
    with organization_scope(invoice.organization_id):
        actor = Actor.system(invoice.organization_id)
        return request_payment(actor, invoice, Wish("fake", money, card))


def make_paid(invoice: Invoice, amount: int | None = None) -> Payment:
    """A payment that succeeded."""
    payment = make_payment(invoice, amount=amount)
    submit(payment)
    return payment


def operation_of(payment: Payment) -> Operation:
    with organization_scope(payment.organization_id):
        return Operation.objects.filter(payment_id=payment.id).latest("created_at")


def submit(payment: Payment) -> None:
    """Do what the worker does after the hint."""
    submit_operation(payment.organization_id, operation_of(payment).id)


def again(row: Any) -> Any:
    """Return the row as it is stored now."""
    with organization_scope(row.organization_id):
        return type(row)._default_manager.get(pk=row.pk)


def change(operation: Operation, **columns: Any) -> None:
    """Set columns of an operation as no service would."""
    with organization_scope(operation.organization_id):
        Operation.objects.filter(id=operation.id).update(**columns)


def charges() -> list[FakeCharge]:
    """What the fake gateway believes it charged."""
    return list(FakeCharge.objects.filter(outcome="succeeded"))


def assert_sound(organization: Organization) -> None:
    """The invariants of `integration.md`, 9.5, hold."""
    assert list(broken_invariants(organization.id)) == []


def payment_events(row: Any) -> list[str]:
    """The kinds of payment events of the row's organization, oldest first."""
    kinds = [event.kind for event in events_of(row)]
    return [kind for kind in kinds if kind.startswith("payment.")]


@contextmanager
def failing_at(name: str) -> Iterator[None]:
    """Let the named failpoint raise at its first hit, which is how a kill looks to the tables."""
    failpoints._plans[name] = ("raise", 1)
    failpoints._hits.clear()
    try:
        yield
    finally:
        del failpoints._plans[name]
