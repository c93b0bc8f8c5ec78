"""Paying an invoice over the API, and what payer and team see (P70, R81, R82, R89, B05)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core import clock
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.invoices.models import Invoice
from apps.ledger import services as ledger
from apps.organizations.models import Organization
from apps.payments import services
from tests.conftest import api, assert_constant_queries, events_of, keyed
from tests.invoices.factories import make_draft, make_invoice
from tests.payments.factories import (
    ACTION,
    ACTION_IGNORED,
    DECLINE,
    DELAY,
    DELAY_THEN_DECLINE,
    SUCCESS,
    again,
    assert_sound,
    charges,
    make_paid,
    make_payment,
    payment_events,
    submit,
)

FIELDS = {
    "id", "invoice_id", "provider", "amount", "amount_refunded", "status", "method",
    "provider_ref", "decline_code", "next_action", "created_at", "updated_at",
}  # fmt: skip


def pay(person: Membership, invoice: Invoice, key: str = "", **body: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else keyed()
    place = f"/api/v1/invoices/{invoice.id}/payments"
    return api(person).post(place, {"provider": "fake"} | body, headers=headers)


def shown(person: Membership, payment_id: str) -> dict[str, Any]:
    data: dict[str, Any] = api(person).get(f"/api/v1/payments/{payment_id}").json()["data"]
    return data


def test_p70_a_contact_pays_and_the_invoice_becomes_paid(
    alice: Membership, owner: Membership, client_a: Client, organization: Organization
) -> None:
    invoice = make_invoice(client_a, 11_900)
    response = pay(alice, invoice, card=SUCCESS)
    assert response.status_code == 202, response.json()
    data = response.json()["data"]
    assert set(data) == FIELDS
    assert data["status"] == "created"
    assert data["amount"] == {"amount": 11_900, "currency": "EUR"}
    assert (data["provider_ref"], data["next_action"]) == (None, None)
    assert charges() == []

    assert services.sweep() == 1
    done = shown(alice, data["id"])
    assert (done["status"], done["method"]) == ("succeeded", "card")
    assert done["provider_ref"]
    paid = api(alice).get(f"/api/v1/invoices/{invoice.id}").json()["data"]
    assert paid["status"] == "paid"
    assert paid["amount_due"] == {"amount": 0, "currency": "EUR"}
    assert paid["paid_at"]
    kinds = [event.kind for event in events_of(owner)]
    assert [k for k in kinds if k.startswith(("payment", "invoice.paid"))] == [
        "payment.started", "payment.succeeded", "invoice.paid",
    ]  # fmt: skip
    assert_sound(organization)


def test_p68_a_capture_moves_the_receivable_to_the_clearing_account(
    owner: Membership, client_a: Client, organization: Organization
) -> None:
    payment = make_paid(make_invoice(client_a, 500))
    rows = api(owner).get(f"/api/v1/ledger-entries?payment_id={payment.id}").json()["data"]
    sides = {row["account"]: row["debit"]["amount"] - row["credit"]["amount"] for row in rows}
    assert sides == {"clearing:connection": 500, "receivable:client": -500}
    assert {row["invoice_id"] for row in rows} == {str(payment.invoice_id)}
    assert_sound(organization)


def test_r89_an_invoice_is_paid_in_parts(
    alice: Membership, client_a: Client, organization: Organization
) -> None:
    invoice = make_invoice(client_a, 1000)
    assert pay(alice, invoice, amount={"amount": 300, "currency": "EUR"}).status_code == 202
    services.sweep()
    assert again(invoice).status == "partially_paid"
    assert pay(alice, invoice, amount={"amount": 701, "currency": "EUR"}).status_code == 422
    rest = pay(alice, invoice).json()["data"]
    assert rest["amount"]["amount"] == 700
    services.sweep()
    assert again(invoice).status == "paid"
    listed = api(alice).get(f"/api/v1/invoices/{invoice.id}/payments").json()["data"]
    assert [row["amount"]["amount"] for row in listed] == [700, 300]
    assert_sound(organization)


def test_r82_a_payment_needs_a_key_and_a_repeat_is_a_replay(
    alice: Membership, client_a: Client
) -> None:
    invoice = make_invoice(client_a)
    place = f"/api/v1/invoices/{invoice.id}/payments"
    without = api(alice).post(place, {"provider": "fake"})
    assert (without.status_code, without.json()["code"]) == (428, "PRECONDITION_REQUIRED")
    first, second = pay(alice, invoice, key="k1"), pay(alice, invoice, key="k1")
    assert second["Idempotent-Replayed"] == "true"
    assert first.json()["data"] == second.json()["data"]
    other = pay(alice, invoice, key="k1", card=DECLINE)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_MISMATCH")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"provider": "gold"}, 400, "VALIDATION_ERROR"),
        ({"provider": ""}, 400, "VALIDATION_ERROR"),
        ({"card": "4111111111111111"}, 400, "VALIDATION_ERROR"),
        ({"amount": 5}, 400, "VALIDATION_ERROR"),
        ({"amount": {"amount": 0, "currency": "EUR"}}, 400, "VALIDATION_ERROR"),
        ({"amount": {"amount": -5, "currency": "EUR"}}, 400, "VALIDATION_ERROR"),
        ({"state": "succeeded"}, 400, "VALIDATION_ERROR"),
        ({"amount": {"amount": 5, "currency": "USD"}}, 422, "BUSINESS_RULE"),
        ({"amount": {"amount": 10_001, "currency": "EUR"}}, 422, "BUSINESS_RULE"),
    ],
)
def test_a_wrong_wish_is_refused(
    alice: Membership, client_a: Client, body: dict[str, Any], status: int, code: str
) -> None:
    response = pay(alice, make_invoice(client_a), **body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.json()
    assert services.sweep() == 0


def test_what_is_paid_cancelled_or_a_draft_is_not_payable(
    owner: Membership, client_a: Client
) -> None:
    paid, cancelled = make_invoice(client_a), make_invoice(client_a)
    make_paid(paid)
    api(owner).post(f"/api/v1/invoices/{cancelled.id}/cancellations")
    for invoice in (paid, cancelled, make_draft(client_a)):
        response = pay(owner, invoice)
        assert (response.status_code, response.json()["code"]) == (409, "CONFLICT")
        assert response.json()["details"]["rule"] == "invoice_not_payable"


def test_c18_staff_look_and_do_not_pay(staff: Membership, client_a: Client) -> None:
    assert pay(staff, make_invoice(client_a)).status_code == 403


def test_a_foreign_or_missing_invoice_is_404(bob: Membership, client_a: Client) -> None:
    invoice = make_invoice(client_a)
    assert pay(bob, invoice).status_code == 404
    invoice.id = uuid4()
    assert pay(bob, invoice).status_code == 404


def test_r81_the_same_wish_while_a_payment_is_open_returns_it(
    alice: Membership, client_a: Client
) -> None:
    invoice = make_invoice(client_a)
    assert pay(alice, invoice).json()["data"]["id"] == pay(alice, invoice).json()["data"]["id"]
    services.sweep()
    assert len(charges()) == 1


def test_another_wish_replaces_one_that_was_not_sent(
    alice: Membership, client_a: Client, organization: Organization
) -> None:
    invoice = make_invoice(client_a, 1000)
    first = pay(alice, invoice).json()["data"]["id"]
    second = pay(alice, invoice, amount={"amount": 400, "currency": "EUR"}).json()["data"]["id"]
    services.sweep()
    assert shown(alice, first)["status"] == "cancelled"
    assert shown(alice, second)["status"] == "succeeded"
    assert [charge.amount for charge in charges()] == [400]
    assert_sound(organization)


def test_another_wish_waits_for_one_that_was_sent(alice: Membership, client_a: Client) -> None:
    invoice = make_invoice(client_a, 1000)
    pay(alice, invoice, card=DELAY)
    services.sweep()
    response = pay(alice, invoice, amount={"amount": 400, "currency": "EUR"})
    assert response.status_code == 409
    assert response.json()["details"]["rule"] == "payment_in_progress"


def test_after_a_decline_the_invoice_can_be_paid(
    alice: Membership, owner: Membership, client_a: Client, organization: Organization
) -> None:
    invoice = make_invoice(client_a)
    first = pay(alice, invoice, card=DECLINE).json()["data"]["id"]
    services.sweep()
    declined = shown(alice, first)
    assert (declined["status"], declined["decline_code"]) == ("failed", "card_declined")
    assert again(invoice).status == "sent"
    assert payment_events(owner)[-1] == "payment.failed"
    pay(alice, invoice)
    services.sweep()
    assert again(invoice).status == "paid"
    assert_sound(organization)


def test_r84_a_slow_payment_is_certain_within_two_minutes_without_webhooks(
    alice: Membership, client_a: Client, organization: Organization
) -> None:
    invoice = make_invoice(client_a)
    payment = pay(alice, invoice, card=DELAY).json()["data"]["id"]
    services.sweep()
    assert shown(alice, payment)["status"] == "processing"
    for seconds in (30, 60, 90):
        with clock.moved(timedelta(seconds=seconds + 1)):
            services.sweep()
    assert again(invoice).status == "paid"
    assert_sound(organization)


def test_r85_a_slow_payment_can_fail_later_and_the_invoice_opens_again(
    alice: Membership, client_a: Client, organization: Organization
) -> None:
    invoice = make_invoice(client_a)
    payment = pay(alice, invoice, card=DELAY_THEN_DECLINE).json()["data"]["id"]
    services.sweep()
    with clock.moved(timedelta(minutes=1)):
        services.sweep()
    failed = shown(alice, payment)
    assert (failed["status"], failed["decline_code"]) == ("failed", "debit_returned")
    assert pay(alice, invoice).status_code == 202
    assert_sound(organization)


def test_a_second_step_is_shown_and_then_done(alice: Membership, client_a: Client) -> None:
    payment = pay(alice, make_invoice(client_a), card=ACTION).json()["data"]["id"]
    services.sweep()
    waiting = shown(alice, payment)
    assert waiting["status"] == "requires_action"
    assert waiting["next_action"] == {"type": "approve_in_bank_app", "url": None}
    with clock.moved(timedelta(minutes=1)):
        services.sweep()
    done = shown(alice, payment)
    assert (done["status"], done["next_action"]) == ("succeeded", None)


def test_a_second_step_that_nobody_takes_expires_after_a_day(
    alice: Membership, client_a: Client, organization: Organization
) -> None:
    invoice = make_invoice(client_a)
    payment = pay(alice, invoice, card=ACTION_IGNORED).json()["data"]["id"]
    services.sweep()
    with clock.moved(timedelta(hours=23)):
        services.sweep()
    assert shown(alice, payment)["status"] == "requires_action"
    with clock.moved(timedelta(hours=25)):
        services.sweep()
    assert shown(alice, payment)["status"] == "cancelled"
    assert pay(alice, invoice).status_code == 202
    assert_sound(organization)


def test_money_for_an_invoice_that_was_cancelled_meanwhile_is_credit(
    alice: Membership, owner: Membership, client_a: Client, organization: Organization
) -> None:
    invoice = make_invoice(client_a, 700)
    pay(alice, invoice)
    api(owner).post(f"/api/v1/invoices/{invoice.id}/cancellations")
    services.sweep()
    with organization_scope(organization.id):
        credit = ledger.balance(organization.id, ledger.CREDIT, "EUR", owner_id=client_a.id)
    assert credit == Money(-700, "EUR")
    assert again(invoice).status == "cancelled"
    assert_sound(organization)


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 4500), ("KWD", 12_345)])
def test_p67_currencies_of_no_and_of_three_decimals(
    alice: Membership, client_a: Client, organization: Organization, currency: str, amount: int
) -> None:
    invoice = make_invoice(client_a, amount, currency=currency, tax="10")
    payment = pay(alice, invoice).json()["data"]
    services.sweep()
    assert payment["amount"] == {"amount": invoice.total_minor, "currency": currency}
    assert again(invoice).status == "paid"
    assert [(c.amount, c.currency) for c in charges()] == [(invoice.total_minor, currency)]
    assert_sound(organization)


def test_p30_payments_are_filtered(
    owner: Membership, alice: Membership, client_a: Client, client_b: Client
) -> None:
    paid, open_one = make_paid(make_invoice(client_a)), make_payment(make_invoice(client_a))
    declined = make_payment(make_invoice(client_b), DECLINE)
    submit(declined)

    def ids(query: str) -> set[str]:
        return {row["id"] for row in api(owner).get(f"/api/v1/payments?{query}").json()["data"]}

    assert ids("status=succeeded") == {str(paid.id)}
    assert ids("status=failed,created") == {str(declined.id), str(open_one.id)}
    assert ids(f"client_id={client_b.id}") == {str(declined.id)}
    assert ids(f"invoice_id={paid.invoice_id}") == {str(paid.id)}
    assert ids("provider=stripe") == set()
    assert api(owner).get("/api/v1/payments?status=lost").status_code == 400
    seen = api(alice).get("/api/v1/payments?sort=-amount").json()["data"]
    assert {row["id"] for row in seen} == {str(paid.id), str(open_one.id)}


def test_lists_of_payments_cost_two_queries(owner: Membership, client_a: Client) -> None:
    client, invoice = api(owner), make_invoice(client_a, 100_000)
    for place in ("/api/v1/payments", f"/api/v1/invoices/{invoice.id}/payments"):
        assert_constant_queries(
            lambda place=place: client.get(place),  # type: ignore[misc]
            lambda: make_paid(invoice, 10),
            at_most=2,
        )
    payment = make_paid(invoice, 10)
    assert_constant_queries(
        lambda: client.get(f"/api/v1/payments/{payment.id}"),
        lambda: make_paid(invoice, 10),
        at_most=2,
    )
