"""What a client owes is kept by the database, in the transaction that changes an invoice."""

from contextlib import suppress
from typing import Any

from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.invoices.models import Balance, Invoice
from tests.factories import make_client
from tests.invoices.factories import make_draft, make_invoice
from tests.payments.factories import make_paid

STATUSES = sorted(Invoice.Status.values)


def balances(client: Client) -> dict[str, int]:
    with organization_scope(client.organization_id):
        rows = Balance.objects.filter(client=client).exclude(owed_minor=0)
        return dict(rows.values_list("currency", "owed_minor"))


def added_up(client: Client) -> dict[str, int]:
    found: dict[str, int] = {}
    with organization_scope(client.organization_id):
        for invoice in Invoice.objects.filter(client=client, status__in=Invoice.OPEN):
            found[invoice.currency] = found.get(invoice.currency, 0) + invoice.due_minor
    return {currency: amount for currency, amount in found.items() if amount}


def test_a_draft_owes_nothing_and_a_sent_invoice_its_total(client_a: Client) -> None:
    make_draft(client_a, 900)
    assert balances(client_a) == {}
    make_invoice(client_a, 500)
    make_invoice(client_a, 70, currency="CHF")
    assert balances(client_a) == {"EUR": 500, "CHF": 70}


def test_a_payment_lowers_the_balance_and_a_full_one_ends_it(client_a: Client) -> None:
    invoice = make_invoice(client_a, 500)
    make_paid(invoice, 200)
    assert balances(client_a) == {"EUR": 300}
    make_paid(invoice, 300)
    assert balances(client_a) == {}


def test_a_change_that_is_rolled_back_leaves_the_balance(client_a: Client) -> None:
    invoice = make_invoice(client_a, 500)
    with (
        suppress(DatabaseError),
        organization_scope(client_a.organization_id),
        transaction.atomic(),
    ):
        Invoice.objects.filter(id=invoice.id).update(status="cancelled")
        raise DatabaseError
    assert balances(client_a) == {"EUR": 500}


def test_nobody_sees_a_balance_of_another_organization(client_a: Client, mallory: Any) -> None:
    make_invoice(client_a, 500)
    assert not Balance.objects.visible_to(mallory.actor()).exists()
    with organization_scope(mallory.organization_id):
        assert not Balance.objects.exists()


changes = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(STATUSES),
        st.integers(0, 5000),
        st.sampled_from(["EUR", "CHF"]),
        st.booleans(),
    ),
    max_size=12,
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=changes)
def test_after_any_course_of_changes_the_balances_are_the_sums(
    client_a: Client, changes: list[Any]
) -> None:
    """Other states, totals, currencies and clients, and removal: the trigger follows them all."""
    other = make_client(client_a.organization, "Other")
    invoices = [make_invoice(client_a, 5000) for _ in range(3)]
    for place, status, paid, currency, moves in changes:
        with organization_scope(client_a.organization_id):
            Invoice.objects.filter(id=invoices[place].id).update(
                status=status, paid_minor=paid, currency=currency,
                client=other if moves else client_a,
            )  # fmt: skip
    for client in (client_a, other):
        assert balances(client) == added_up(client)
