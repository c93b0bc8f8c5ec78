"""Sending, viewing and cancelling invoices (P66, P68, R76, R99)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core import clock
from apps.core.actors import Actor
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.invoices.models import Invoice
from apps.invoices.services import send_invoice
from apps.ledger import services as ledger
from apps.organizations.models import Organization
from tests.conftest import api, events_of
from tests.factories import make_client, make_organization
from tests.invoices.factories import make_draft, make_invoice

INVOICES = "/api/v1/invoices"


def send(person: Membership, invoice: Invoice) -> Any:
    return api(person).post(f"{INVOICES}/{invoice.id}/sends")


def fail_at(place: int, every: int) -> None:
    if place % every == 0:
        raise InterruptedError


def receivable(client: Client) -> Money:
    with organization_scope(client.organization_id):
        return ledger.balance(client.organization_id, ledger.RECEIVABLE, "EUR", owner_id=client.id)


def test_p66_sending_gives_number_dates_and_an_event(
    accountant: Membership, client_a: Client
) -> None:
    draft = make_draft(client_a, 10_000, tax="19")
    response = send(accountant, draft)
    assert response.status_code == 200, response.json()
    data, today = response.json()["data"], clock.today()
    assert data["number"] == f"INV-{today.year}-0001"
    assert data["status"] == "sent"
    assert data["issue_date"] == today.isoformat()
    assert data["due_date"] == (today + timedelta(days=14)).isoformat()
    event = events_of(accountant)[-1]
    assert (event.kind, event.audience, event.client_id) == ("invoice.sent", "client", client_a.id)


def test_p68_sending_posts_the_receivable_against_revenue_and_tax(
    owner: Membership, client_a: Client
) -> None:
    invoice = make_invoice(client_a, 10_000, tax="19")
    rows = api(owner).get(f"/api/v1/ledger-entries?invoice_id={invoice.id}").json()["data"]
    sides = {row["account"]: row["debit"]["amount"] - row["credit"]["amount"] for row in rows}
    assert sides == {"receivable:client": 11_900, "revenue": -10_000, "tax_payable": -1900}
    sent = next(event for event in events_of(owner) if event.kind == "invoice.sent")
    assert {row["event_id"] for row in rows} == {str(sent.id)}


def test_the_number_follows_prefix_and_day_of_the_organization(db: None) -> None:
    """A day belongs to the organization's time zone, also at the turn of the year."""
    organization = make_organization("East", timezone="Pacific/Auckland")
    organization.settings["payments"]["invoice_prefix"] = "RE"
    organization.settings["payments"]["due_days"] = 30
    organization.save(update_fields=["settings"])
    client = make_client(organization)
    with time_machine.travel(datetime(2026, 12, 31, 12, tzinfo=UTC), tick=False):
        invoice = make_invoice(client)
    assert invoice.number == "RE-2027-0001"
    assert (invoice.issue_date, invoice.due_date) == (date(2027, 1, 1), date(2027, 1, 31))


def test_numbers_count_by_year_and_organization(client_a: Client, mallory: Membership) -> None:
    numbers = [make_invoice(client_a, issue_date=date(year, 3, 1)).number
               for year in (2026, 2026, 2027)]  # fmt: skip
    assert numbers == ["INV-2026-0001", "INV-2026-0002", "INV-2027-0001"]
    other = make_client(mallory.organization)
    assert make_invoice(other, issue_date=date(2026, 1, 1)).number == "INV-2026-0001"


def test_what_cannot_be_sent_is_refused(owner: Membership, client_a: Client) -> None:
    client = api(owner)
    empty = client.post(INVOICES, {"client_id": str(client_a.id)}).json()["data"]
    refused = client.post(f"{INVOICES}/{empty['id']}/sends")
    assert (refused.status_code, refused.json()["details"]["rule"]) == (
        422, "invoice_without_lines",
    )  # fmt: skip
    early = make_draft(client_a, issue_date=date(2026, 2, 1), due_date=date(2026, 1, 1))
    assert send(owner, early).json()["details"]["rule"] == "due_before_issue"
    sent = make_invoice(client_a)
    assert send(owner, sent).status_code == 409
    extra = client.post(f"{INVOICES}/{early.id}/sends", {"number": "INV-1"})
    assert extra.status_code == 400


def test_c18_staff_write_drafts_and_do_not_send(staff: Membership, client_a: Client) -> None:
    assert send(staff, make_draft(client_a)).status_code == 403


def test_a_refused_sending_takes_no_number(owner: Membership, client_a: Client) -> None:
    early = make_draft(client_a, issue_date=date(2026, 2, 1), due_date=date(2026, 1, 1))
    assert send(owner, early).status_code == 422
    assert make_invoice(client_a, issue_date=date(2026, 2, 1)).number == "INV-2026-0001"


def test_r76_a_cancelled_invoice_keeps_its_number_and_owes_nothing(
    owner: Membership, client_a: Client
) -> None:
    invoice = make_invoice(client_a, 10_000)
    assert receivable(client_a) == Money(10_000, "EUR")
    response = api(owner).post(f"{INVOICES}/{invoice.id}/cancellations")
    data = response.json()["data"]
    assert (data["status"], data["number"]) == ("cancelled", invoice.number)
    assert data["amount_due"] == {"amount": 0, "currency": "EUR"}
    assert receivable(client_a) == Money(0, "EUR")
    assert events_of(owner)[-1].kind == "invoice.cancelled"
    again = api(owner).post(f"{INVOICES}/{invoice.id}/cancellations")
    assert (again.status_code, again.json()["code"]) == (409, "INVALID_TRANSITION")


def test_a_draft_is_removed_not_cancelled(owner: Membership, client_a: Client) -> None:
    draft = make_draft(client_a)
    response = api(owner).post(f"{INVOICES}/{draft.id}/cancellations")
    assert response.json()["details"]["rule"] == "not_cancellable"


def test_r99_only_a_contacts_get_is_a_visit(
    owner: Membership, alice: Membership, client_a: Client
) -> None:
    place = f"{INVOICES}/{make_invoice(client_a).id}"
    api(owner).get(place)
    api(alice).head(place)
    api(alice).get(INVOICES)
    assert api(owner).get(place).json()["data"]["viewed_at"] is None
    api(alice).get(place)
    seen = api(owner).get(place).json()["data"]
    assert seen["status"] == "viewed"
    api(alice).get(place)
    assert api(owner).get(place).json()["data"]["viewed_at"] == seen["viewed_at"]
    kinds = [event.kind for event in events_of(owner)]
    assert kinds.count("invoice.viewed") == 1


@pytest.mark.django_db(transaction=True)
def test_r76_fifty_threads_get_fifty_numbers_without_a_gap() -> None:
    """P66: 50 invoices are sent at once; one in five is rolled back with its number."""
    organization: Organization = make_organization("Crowd")
    client = make_client(organization)
    drafts = [make_draft(client, issue_date=date(2026, 6, 1)) for _ in range(50)]

    def work(place: int) -> str | None:
        try:
            with organization_scope(organization.id):
                sent = send_invoice(Actor.system(organization.id), drafts[place])
                fail_at(place, every=5)
                return sent.number
        except InterruptedError:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(25) as pool:
        numbers = [number for number in pool.map(work, range(50)) if number]
    assert sorted(numbers) == [f"INV-2026-{n:04d}" for n in range(1, 41)]
