"""Invoices on the old face: two forms, numbers that are numbers, sending and paying (P40, P66)."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.invoices.models import Invoice
from apps.node_api.errors import InvalidForm
from apps.node_api.shapes.invoice_forms import content_of
from apps.payments.models import Payment
from tests.factories import make_client, make_contact, make_member, make_organization
from tests.node_api.old import node, send_invoice, write_invoice

PAGE = {
    "invoice_number": "", "invoice_date": "2026-11-21", "due_date": "2026-12-21",
    "status": "draft", "tax_rate": 10, "amount": 1, "notes": "Thanks",
    "items": [{"description": "Design", "quantity": 2, "rate": 150}],
}  # fmt: skip
OLD = {
    "title": "Deposit", "issue_date": "2026-11-21", "due_date": "2026-12-21", "tax_rate": 0.1,
    "line_items": [{"description": "Design", "quantity": 2, "unit_price": 150}],
}  # fmt: skip


def create(person: Membership, client: Client, form: dict[str, Any], **more: Any) -> Any:
    return node(person).post("/api/invoices", form | {"client_id": str(client.id)} | more)


@pytest.mark.parametrize("form", [PAGE, OLD])
def test_both_forms_make_the_same_amounts(
    form: dict[str, Any], owner: Membership, client_a: Client
) -> None:
    answer = create(owner, client_a, form)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["invoice"]["amount"] == 330
    assert body["invoice"]["total_amount"] == "330.00"
    assert body["invoice"]["tax_rate"] == "0.1000"
    assert body["line_items"][0]["unit_price"] == "150.00"
    [row] = node(owner).get("/api/invoices").json()["invoices"]
    assert (row["total_amount"], row["tax_amount"], row["tax_rate"]) == (330, 30, 10)
    assert row["items"] == [
        {"description": "Design", "quantity": 2, "rate": 150, "unit_price": 150}
    ]


def test_the_amount_of_the_page_is_not_believed(owner: Membership, client_a: Client) -> None:
    assert create(owner, client_a, PAGE, amount=1).json()["invoice"]["amount"] == 330


def test_a_title_is_the_first_line_of_the_notes_and_is_not_repeated(
    owner: Membership, client_a: Client
) -> None:
    made = create(owner, client_a, OLD, notes="Thanks").json()["invoice"]
    assert (made["title"], made["notes"]) == ("Deposit", "Deposit\nThanks")
    again = OLD | {"client_id": str(client_a.id), "notes": made["notes"]}
    row = node(owner).put(f"/api/invoices/{made['id']}", again).json()["invoice"]
    assert row["notes"] == "Deposit\nThanks"


def test_sent_at_once_gets_a_number(owner: Membership, client_a: Client) -> None:
    made = create(owner, client_a, PAGE, status="sent").json()["invoice"]
    assert made["status"] == "sent"
    assert made["invoice_number"].startswith("INV-2026-")


@pytest.mark.parametrize(
    ("form", "texts"),
    [
        ({}, {"Invoice title is required", "Client ID is required", "Issue date is required",
              "Due date is required", "At least one line item is required"}),
        (PAGE | {"items": []}, {"At least one line item is required", "Client ID is required"}),
        (OLD | {"title": ""}, {"Invoice title is required", "Client ID is required"}),
        (PAGE | {"due_date": "soon"}, {"Due date is not a date", "Client ID is required"}),
        (PAGE | {"due_date": "2026-02-31"}, {"Due date is not a date", "Client ID is required"}),
        (PAGE | {"client_id": "1"}, {"Client ID must be a valid ID", "Client ID is required"}),
    ],
)  # fmt: skip
def test_the_faults_of_an_invoice_are_texts(
    form: dict[str, Any], texts: set[str], owner: Membership
) -> None:
    answer = node(owner).post("/api/invoices", form)
    assert answer.status_code == 400
    assert set(answer.json()["details"]) == texts


@pytest.mark.parametrize(
    "change",
    [{"tax_rate": 101}, {"tax_rate": "x"}, {"items": ["x"]}, {"items": [{"quantity": 1}]},
     {"items": [{"description": "a", "quantity": 0, "rate": 1}]},
     {"items": [{"description": "a", "quantity": 1, "rate": "NaN"}]},
     {"items": [{"description": "a", "quantity": 1, "rate": 1e300}]}, {"project_id": "2"}],
)  # fmt: skip
def test_a_wrong_member_is_400(change: Any, owner: Membership, client_a: Client) -> None:
    answer = create(owner, client_a, PAGE | change)
    assert answer.status_code == 400
    assert answer.json()["details"]


def test_only_drafts_change_and_only_drafts_are_removed(
    owner: Membership, client_a: Client
) -> None:
    draft, sent = write_invoice(owner, client_a), send_invoice(owner, client_a)
    body = PAGE | {"client_id": str(client_a.id)}
    assert node(owner).put(f"/api/invoices/{sent.id}", body).status_code == 409
    assert node(owner).delete(f"/api/invoices/{draft.id}").status_code == 200
    assert node(owner).get(f"/api/invoices/{draft.id}").status_code == 404
    assert node(owner).delete(f"/api/invoices/{sent.id}").status_code == 200
    row = node(owner).get(f"/api/invoices/{sent.id}").json()["invoice"]
    assert (row["status"], row["invoice_number"]) == ("cancelled", sent.number)


def test_a_look_of_the_client_keeps_the_invoice_payable(
    owner: Membership, alice: Membership, client_a: Client
) -> None:
    sent = send_invoice(owner, client_a)
    lines = node(alice).get(f"/api/invoices/{sent.id}/details").json()["line_items"]
    assert lines[0]["unit_price"] == 150
    with organization_scope(owner.organization_id):
        assert Invoice.objects.get(id=sent.id).status == "viewed"
    [row] = node(alice).get("/api/invoices").json()["invoices"]
    assert row["status"] == "sent"


def test_the_counts_are_of_what_the_caller_sees(
    owner: Membership, alice: Membership, bob: Membership, client_a: Client
) -> None:
    write_invoice(owner, client_a)
    send_invoice(owner, client_a)
    counts = {
        name: node(person).get("/api/invoices/stats").json()["total_invoices"]
        for name, person in (("owner", owner), ("alice", alice), ("bob", bob))
    }
    assert counts == {"owner": 2, "alice": 1, "bob": 0}
    assert node(alice).get("/api/invoices/stats").json()["pending_revenue"] == 330


def test_nobody_marks_an_invoice_paid_without_money(owner: Membership, client_a: Client) -> None:
    sent = send_invoice(owner, client_a)
    answer = node(owner).put(f"/api/invoices/{sent.id}/status", {"status": "paid"})
    assert answer.status_code == 400
    assert create(owner, client_a, PAGE, status="paid").status_code == 400


# -- paying -----------------------------------------------------------------------------------


@pytest.fixture
def paying(transactional_db: None) -> tuple[Membership, Invoice, Membership]:
    """A contact with an invoice of 330.00, and a contact of another client."""
    organization = make_organization("North")
    owner, client = make_member(organization, "owner"), make_client(organization)
    other = make_contact(make_client(organization, "Birch"))
    return make_contact(client, "alice"), send_invoice(owner, client), other


def pay(person: Membership | None, invoice: Invoice, card: str) -> Any:
    body = {"payment_method_id": card, "amount": "0.01"}
    return node(person).post(f"/api/invoices/{invoice.id}/pay", body)


def test_a_card_pays_what_is_due_whatever_amount_is_sent(
    paying: tuple[Membership, Invoice, Membership],
) -> None:
    alice, invoice, _other = paying
    answer = pay(alice, invoice, "pm_card_visa")
    assert answer.status_code == 200, answer.content
    [row] = node(alice).get("/api/invoices").json()["invoices"]
    assert (row["status"], row["display_status"]) == ("paid", "Paid")
    assert row["paid_at"].endswith("Z")
    assert row["payment_reference"]
    with organization_scope(alice.organization_id):
        assert [payment.captured for payment in Payment.objects.all()] == [33_000]
    assert pay(alice, invoice, "pm_card_visa").status_code == 409


def test_a_declined_card_says_so_and_another_one_pays(
    paying: tuple[Membership, Invoice, Membership],
) -> None:
    alice, invoice, _other = paying
    declined = pay(alice, invoice, "pm_card_chargeDeclined")
    assert declined.status_code == 402
    assert declined.json()["error"] == "Payment was declined"
    assert pay(alice, invoice, "pm_card_visa").status_code == 200


def test_a_slow_payment_is_accepted(paying: tuple[Membership, Invoice, Membership]) -> None:
    alice, invoice, _other = paying
    assert pay(alice, invoice, "4000000000000077").status_code == 202


def test_an_unknown_card_is_400_and_another_clients_invoice_404(
    paying: tuple[Membership, Invoice, Membership],
) -> None:
    alice, invoice, other = paying
    assert pay(alice, invoice, "pm_no_such_card").status_code == 400
    assert pay(other, invoice, "pm_card_visa").status_code == 404
    assert pay(None, invoice, "pm_card_visa").status_code == 401


# -- money as the forms write it ---------------------------------------------------------------

PRICES = st.decimals(min_value=0, max_value=10**7, places=2)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(prices=st.lists(PRICES, min_size=1, max_size=8), rate=st.integers(0, 100))
def test_every_price_of_a_form_is_kept_to_the_cent(prices: list[Decimal], rate: int) -> None:
    lines = [{"description": "x", "quantity": 1, "rate": float(price)} for price in prices]
    form = PAGE | {"items": lines, "tax_rate": rate}
    content = content_of(form, Membership().id, "EUR")
    assert [p.unit_price for p in content.positions] == [
        Money(int(price * 100), "EUR") for price in prices
    ]
    assert {p.tax_rate for p in content.positions} == {Decimal(rate)}


@settings(max_examples=200, deadline=None)
@given(
    form=st.dictionaries(
        st.sampled_from([*PAGE, *OLD, "client_id", "project_id"]),
        st.none()
        | st.booleans()
        | st.floats()
        | st.text(max_size=8)
        | st.lists(st.text(max_size=3)),
    )
)
def test_no_form_breaks_the_reader(form: dict[str, Any]) -> None:
    with suppress(InvalidForm):
        content = content_of(form, Membership().id, "EUR")
        assert all(position.quantity > 0 for position in content.positions)
