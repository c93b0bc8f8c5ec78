"""Writing invoices: shape, sums, refusals and who sees what (P66, P67, C17)."""

from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from tests.conftest import api, assert_constant_queries, events_of
from tests.invoices.factories import body_for, make_draft, make_invoice

INVOICES = "/api/v1/invoices"
FIELDS = {
    "id", "number", "client_id", "project_id", "status", "issue_date", "due_date", "currency",
    "lines", "subtotal", "tax_total", "total", "amount_paid", "amount_due", "notes", "terms",
    "pdf_url", "sent_at", "viewed_at", "paid_at", "created_at", "updated_at",
}  # fmt: skip


def euro(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def line(**fields: Any) -> dict[str, Any]:
    return {"description": "Hours", "quantity": "1", "unit_price": euro(1000)} | fields


def test_p66_a_draft_is_made_with_its_sums(staff: Membership, client_a: Client) -> None:
    lines = [
        line(quantity="1.5", unit_price=euro(9999), tax_rate="19", discount=euro(500)),
        line(tax_rate="7.5"),
    ]
    response = api(staff).post(INVOICES, body_for(client_a, lines=lines, notes="Thank you"))
    assert response.status_code == 201, response.json()
    data = response.json()["data"]
    assert response["Location"] == f"{INVOICES}/{data['id']}"
    assert set(data) == FIELDS
    assert data["status"] == "draft"
    assert data["number"] is None
    assert data["pdf_url"] is None
    assert data["notes"] == "Thank you"
    first = data["lines"][0]
    assert first == {
        "description": "Hours",
        "quantity": "1.5000",
        "unit_price": euro(9999),
        "tax_rate": "19.0000",
        "discount": euro(500),
        "net": euro(14_498),  # 14,998.5 goes to the even 14,998
        "tax": euro(2755),  # 2,754.62
    }
    assert data["subtotal"] == euro(15_498)
    assert data["tax_total"] == euro(2755 + 75)
    assert data["total"] == euro(15_498 + 2830)
    assert data["amount_paid"] == euro(0)
    assert data["amount_due"] == data["total"]
    assert [event.kind for event in events_of(staff)][-1] == "invoice.created"


def test_list_and_detail_show_the_same_row(owner: Membership, client_a: Client) -> None:
    invoice = make_draft(client_a)
    client = api(owner)
    (listed,) = client.get(INVOICES).json()["data"]
    whole = client.get(f"{INVOICES}/{invoice.id}").json()["data"]
    assert whole.pop("lines") != []
    assert listed == whole  # a list leaves the lines out


def test_without_a_currency_the_clients_own_is_taken(owner: Membership, client_a: Client) -> None:
    body = body_for(client_a, lines=[])
    del body["currency"]
    data = api(owner).post(INVOICES, body).json()["data"]
    assert data["currency"] == client_a.currency


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"colour": "red"}, 400, "VALIDATION_ERROR"),
        ({"client_id": str(uuid4())}, 400, "VALIDATION_ERROR"),
        ({"client_id": "acme"}, 400, "VALIDATION_ERROR"),
        ({"project_id": str(uuid4())}, 400, "VALIDATION_ERROR"),
        ({"currency": "XXQ"}, 400, "VALIDATION_ERROR"),
        ({"due_date": "soon"}, 400, "VALIDATION_ERROR"),
        ({"lines": "many"}, 400, "VALIDATION_ERROR"),
        ({"lines": [{"description": "x"}]}, 400, "VALIDATION_ERROR"),
        ({"lines": [line(quantity="much")]}, 400, "VALIDATION_ERROR"),
        ({"lines": [line(quantity="NaN")]}, 400, "VALIDATION_ERROR"),
        ({"lines": [line(unit_price=10)]}, 400, "VALIDATION_ERROR"),
        ({"lines": [line(unit_price={"amount": 1.5, "currency": "EUR"})]}, 400, "VALIDATION_ERROR"),
        ({"lines": [line(discount=euro(-1))]}, 400, "VALIDATION_ERROR"),
        ({"lines": [line(tax_rate="-101")]}, 400, "VALIDATION_ERROR"),
        ({"lines": [line(vat="19")]}, 400, "VALIDATION_ERROR"),
        ({"lines": [line()] * 501}, 400, "VALIDATION_ERROR"),
        ({"lines": [line(unit_price={"amount": 1, "currency": "USD"})]}, 422, "BUSINESS_RULE"),
        ({"lines": [line(discount=euro(1001))]}, 422, "BUSINESS_RULE"),
        ({"lines": [line(unit_price=euro(-1))]}, 422, "BUSINESS_RULE"),
        ({"lines": [line(quantity="99999999", unit_price=euro(2**53 - 1))]}, 422, "BUSINESS_RULE"),
        ({"lines": [line(unit_price=euro(2**53 - 1))] * 2}, 422, "BUSINESS_RULE"),
    ],
)
def test_a_wrong_draft_is_refused(
    owner: Membership, client_a: Client, change: dict[str, Any], status: int, code: str
) -> None:
    response = api(owner).post(INVOICES, body_for(client_a, **change))
    assert (response.status_code, response.json()["code"]) == (status, code), response.json()


def test_put_replaces_and_patch_changes(owner: Membership, client_a: Client) -> None:
    client, invoice = api(owner), make_draft(client_a, notes="old", terms="14 days")
    place = f"{INVOICES}/{invoice.id}"
    changed = client.patch(place, {"notes": "new"}).json()["data"]
    assert (changed["notes"], changed["terms"]) == ("new", "14 days")
    assert changed["total"] == euro(10_000)
    changed = client.patch(place, {"lines": [line(), line(quantity="2")]}).json()["data"]
    assert changed["total"] == euro(3000)
    replaced = client.put(place, body_for(client_a)).json()["data"]
    assert (replaced["notes"], replaced["terms"]) == ("", "")
    assert replaced["total"] == euro(11_900)
    assert client.patch(place, {"status": "paid"}).status_code == 400


def test_p31_a_stale_edit_is_refused(owner: Membership, client_a: Client) -> None:
    client = api(owner)
    place = f"{INVOICES}/{make_draft(client_a).id}"
    tag = client.get(place)["ETag"]
    fresh = client.patch(place, {"notes": "a"}, headers={"If-Match": tag})
    stale = client.patch(place, {"notes": "b"}, headers={"If-Match": tag})
    assert (fresh.status_code, stale.status_code) == (200, 412)


def test_a_draft_can_be_removed_and_the_log_keeps_it(owner: Membership, client_a: Client) -> None:
    client, invoice = api(owner), make_draft(client_a)
    assert client.delete(f"{INVOICES}/{invoice.id}").json()["data"] is None
    assert client.get(f"{INVOICES}/{invoice.id}").status_code == 404
    assert [event.kind for event in events_of(owner)][-2:] == [
        "invoice.created", "invoice.cancelled",
    ]  # fmt: skip


def test_r79_a_sent_invoice_is_not_edited(owner: Membership, client_a: Client) -> None:
    client, invoice = api(owner), make_invoice(client_a)
    place = f"{INVOICES}/{invoice.id}"
    for response in (
        client.patch(place, {"notes": "x"}),
        client.put(place, body_for(client_a)),
        client.delete(place),
    ):
        assert response.status_code == 409
        assert response.json()["code"] == "INVALID_TRANSITION"
        assert response.json()["details"]["rule"] == "not_a_draft"


def test_contacts_see_only_what_was_sent_to_their_company(
    alice: Membership, bob: Membership, client_a: Client
) -> None:
    draft, sent = make_draft(client_a), make_invoice(client_a)
    assert [row["id"] for row in api(alice).get(INVOICES).json()["data"]] == [str(sent.id)]
    assert api(alice).get(f"{INVOICES}/{draft.id}").status_code == 404
    assert api(bob).get(INVOICES).json()["data"] == []
    assert api(bob).get(f"{INVOICES}/{sent.id}").status_code == 404


def test_a_foreign_client_cannot_be_invoiced(mallory: Membership, client_a: Client) -> None:
    response = api(mallory).post(INVOICES, body_for(client_a))
    assert response.status_code == 400
    assert response.json()["details"][0]["field"] == "client_id"


def test_p30_filters_sorts_and_search(
    owner: Membership, client_a: Client, client_b: Client
) -> None:
    client = api(owner)
    small = make_invoice(client_a, 100, due_date="2030-01-31", issue_date="2030-01-01")
    large = make_invoice(client_b, 900, due_date="2030-03-31", issue_date="2030-01-01")
    draft = make_draft(client_a, 500)

    def ids(query: str) -> list[str]:
        response = client.get(f"{INVOICES}?{query}")
        assert response.status_code == 200, response.json()
        return [row["id"] for row in response.json()["data"]]

    first, second, third = str(small.id), str(large.id), str(draft.id)
    assert ids("status=draft") == [third]
    assert set(ids("status=draft,sent")) == {first, second, third}
    assert set(ids(f"client_id={client_a.id}")) == {first, third}
    assert ids(f"project_id={uuid4()}") == []
    assert ids("due_before=2030-02-01") == [first]
    assert ids("due_after=2030-02-01") == [second]
    assert ids("created_after=2100-01-01T00:00:00Z") == []
    assert len(ids("created_before=2100-01-01T00:00:00Z")) == 3
    assert ids("sort=total") == [first, third, second]
    assert ids("sort=due_date") == [first, second, third]
    assert ids(f"q={large.number}") == [second]
    assert client.get(f"{INVOICES}?status=late").status_code == 400


def test_each_sort_pages_through_all_rows(owner: Membership, client_a: Client) -> None:
    client = api(owner)
    for amount in (5, 5, 7):
        make_invoice(client_a, amount)
        make_draft(client_a, amount)
    for sort in ("created_at", "-updated_at", "due_date", "-due_date", "total", "-total"):
        seen, cursor = [], ""
        while True:
            page = client.get(f"{INVOICES}?limit=2&sort={sort}{cursor}").json()
            seen += [row["id"] for row in page["data"]]
            if not page["meta"]["pagination"]["has_more"]:
                break
            cursor = f"&cursor={page['meta']['pagination']['next_cursor']}"
        assert len(seen) == len(set(seen)) == 6, sort


def test_reads_cost_two_queries_for_any_number_of_rows(owner: Membership, client_a: Client) -> None:
    client = api(owner)
    assert_constant_queries(lambda: client.get(INVOICES), lambda: make_draft(client_a), at_most=2)
    sent = make_invoice(client_a)
    assert_constant_queries(
        lambda: client.get(f"{INVOICES}/{sent.id}"), lambda: make_draft(client_a), at_most=2
    )
