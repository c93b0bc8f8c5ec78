"""Client companies over HTTP (P41, P30, C17, C18)."""

from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from tests.conftest import api, assert_constant_queries, events_of
from tests.factories import make_client

URL = "/api/v1/clients"
FIELDS = {
    "id", "name", "email", "phone", "company", "address", "website", "tax_id", "currency",
    "timezone", "locale", "status", "tags", "custom", "balance_due", "projects_count",
    "created_at", "updated_at",
}  # fmt: skip
FULL = {
    "name": "Müller & Söhne <GmbH> -- 'quoted' 🎨",
    "email": "office@example.com",
    "phone": "+49 30 123",
    "company": "Müller Holding",
    "address": {"line1": "Hauptstr. 1", "city": "Berlin", "country": "DE"},
    "website": "https://example.com",
    "tax_id": "DE123",
    "currency": "CHF",
    "timezone": "Europe/Zurich",
    "locale": "de-CH",
    "tags": ["print", "print", "vip"],
    "custom": {"colour": "red", "size": [1, 2]},
}


def kinds(person: Membership) -> list[str]:
    return [event.kind for event in events_of(person) if not event.kind.startswith("user.")]


def test_p41_a_new_client_comes_back_with_all_fields(staff: Membership) -> None:
    response = api(staff).post(URL, FULL)
    shown = response.json()["data"]
    assert response.status_code == 201
    assert response["Location"] == f"{URL}/{shown['id']}"
    assert set(shown) == FIELDS
    assert shown | FULL | {"tags": ["print", "vip"]} == shown
    assert shown["balance_due"] == {"amount": 0, "currency": "CHF"}
    assert shown["projects_count"] == 0
    assert shown["status"] == "active"
    assert kinds(staff) == ["client.created"]


def test_a_client_without_a_currency_gets_those_of_the_organization(staff: Membership) -> None:
    shown = api(staff).post(URL, {"name": "Plain"}).json()["data"]
    assert (shown["currency"], shown["timezone"], shown["locale"]) == ("EUR", "UTC", "en")
    assert (shown["email"], shown["address"], shown["tags"]) == ("", {}, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("name", "a\x00b"),
        ("email", "nobody"),
        ("currency", "EURO"),
        ("timezone", "Mars/Base"),
        ("locale", "german"),
        ("tags", "print"),
        ("tags", ["x" * 41]),
        ("address", {"planet": "Mars"}),
        ("address", {"country": "Germany"}),
        ("website", "javascript:alert(1)"),
        ("custom", [1]),
        ("custom", {"a": "\x00"}),
        ("custom", {"a": "x" * 20_000}),
        ("balance_due", 1),
        ("organization_id", "0193a1f0-0000-7000-8000-0000000000aa"),
    ],
)
def test_p21_a_wrong_field_is_named(staff: Membership, field: str, value: Any) -> None:
    response = api(staff).post(URL, {"name": "Fine", field: value}, format="json")
    assert response.status_code == 400, response.json()
    assert response.json()["code"] == "VALIDATION_ERROR"
    assert response.json()["details"][0]["field"].startswith(field)


def test_put_replaces_and_patch_changes(staff: Membership) -> None:
    client = api(staff)
    url = f"{URL}/{client.post(URL, FULL).json()['data']['id']}"
    patched = client.patch(url, {"phone": "1"}).json()["data"]
    assert (patched["phone"], patched["email"]) == ("1", FULL["email"])
    replaced = client.put(url, {"name": "New name"}).json()["data"]
    assert (replaced["name"], replaced["phone"], replaced["email"]) == ("New name", "", "")
    assert replaced["currency"] == "CHF"
    assert kinds(staff) == ["client.created", "client.updated", "client.updated"]


def test_a_patch_that_changes_nothing_is_no_event(staff: Membership, client_a: Client) -> None:
    answer = api(staff).patch(f"{URL}/{client_a.id}", {"name": client_a.name})
    assert answer.status_code == 200
    assert kinds(staff) == []


def test_p31_a_stale_edit_is_refused(staff: Membership, client_a: Client) -> None:
    client, url = api(staff), f"{URL}/{client_a.id}"
    tag = client.get(url)["ETag"]
    assert client.patch(url, {"name": "One"}, headers={"If-Match": tag}).status_code == 200
    late = client.patch(url, {"name": "Two"}, headers={"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "VERSION_CONFLICT")


def test_archiving_and_restoring(staff: Membership, client_a: Client) -> None:
    client, url = api(staff), f"{URL}/{client_a.id}"
    assert client.post(f"{url}/archivals").json()["data"]["status"] == "archived"
    again = client.post(f"{url}/archivals")
    assert (again.status_code, again.json()["code"]) == (409, "INVALID_TRANSITION")
    assert client.get(f"{URL}?status=active").json()["data"] == []
    assert client.post(f"{url}/restorations").json()["data"]["status"] == "active"
    again = client.post(f"{url}/restorations")
    assert (again.status_code, again.json()["details"]["rule"]) == (409, "nothing_to_restore")
    assert kinds(staff) == ["client.archived", "client.updated"]


def test_status_in_a_patch_archives_too(staff: Membership, client_a: Client) -> None:
    client, url = api(staff), f"{URL}/{client_a.id}"
    assert client.patch(url, {"status": "archived"}).json()["data"]["status"] == "archived"
    assert client.patch(url, {"status": "active"}).json()["data"]["status"] == "active"


def test_a_deleted_client_is_gone_and_can_come_back(
    staff: Membership, alice: Membership, client_a: Client, client_b: Client
) -> None:
    client, url = api(staff), f"{URL}/{client_a.id}"
    body = {"first_name": "Alice", "email": alice.user.email}
    client.post(f"{URL}/{client_b.id}/contacts", body)
    contact = api(alice)
    deleted = client.delete(url)
    assert (deleted.status_code, deleted.json()["data"]) == (200, None)
    assert client.get(url).status_code == 404
    assert contact.get(url).status_code == 404
    assert [row["name"] for row in contact.get(URL).json()["data"]] == ["Birch"]
    assert contact.post(f"{url}/restorations").status_code == 404
    assert client.get(f"{url}/contacts").status_code == 404
    assert client.post(f"{url}/restorations").status_code == 201
    assert contact.get(url).status_code == 200


def test_p41_a_client_with_a_project_is_archived_instead(
    staff: Membership, client_a: Client
) -> None:
    client, url = api(staff), f"{URL}/{client_a.id}"
    body = {"name": "Site", "client_id": str(client_a.id)}
    project = client.post("/api/v1/projects", body).json()["data"]
    assert client.get(url).json()["data"]["projects_count"] == 1
    refused = client.delete(url)
    assert (refused.status_code, refused.json()["details"]["rule"]) == (409, "client_in_use")
    client.delete(f"/api/v1/projects/{project['id']}")
    assert client.get(url).json()["data"]["projects_count"] == 0
    assert client.delete(url).status_code == 200


def test_balance_due_adds_the_open_invoices_of_the_clients_currency(
    staff: Membership, client_a: Client, client_b: Client
) -> None:
    from apps.invoices.models import Invoice

    rows = [
        (client_a, "sent", 10_000, 0, "EUR"), (client_a, "partially_paid", 5_000, 2_000, "EUR"),
        (client_a, "paid", 7_000, 7_000, "EUR"), (client_a, "draft", 900, 0, "EUR"),
        (client_a, "sent", 400, 0, "USD"), (client_b, "overdue", 50, 0, "EUR"),
    ]  # fmt: skip
    with organization_scope(staff.organization_id):
        for number, (client, status, total, paid, currency) in enumerate(rows):
            Invoice.objects.create(
                organization=staff.organization, client=client, number=f"T-{number}",
                status=status, currency=currency, total_minor=total, paid_minor=paid,
            )  # fmt: skip
    shown = api(staff).get(f"{URL}/{client_a.id}").json()["data"]
    assert shown["balance_due"] == {"amount": 13_000, "currency": "EUR"}
    refused = api(staff).delete(f"{URL}/{client_a.id}")
    assert refused.json()["details"]["rule"] == "client_in_use"


def test_lists_differ_by_person(
    staff: Membership, alice: Membership, bob: Membership, mallory: Membership
) -> None:
    seen = {
        person.user.first_name: [row["name"] for row in api(person).get(URL).json()["data"]]
        for person in (staff, alice, bob, mallory)
    }
    assert seen == {
        "Staff": ["Birch", "Acme"], "Alice": ["Acme"], "Bob": ["Birch"], "Mallory": [],
    }  # fmt: skip


def test_p30_filters_sorts_and_search(staff: Membership) -> None:
    for name in ("Beta", "Alpha", "Gamma 100%"):
        make_client(staff.organization, name, email=f"{name[:4].lower()}@example.com")
    client = api(staff)

    def names(query: str) -> list[str]:
        return [row["name"] for row in client.get(f"{URL}?{query}").json()["data"]]

    assert names("sort=name") == ["Alpha", "Beta", "Gamma 100%"]
    assert names("q=alph") == ["Alpha"]
    assert names("q=100%25") == ["Gamma 100%"]
    assert names("email=BETA@example.com") == ["Beta"]
    assert names("currency=USD") == []
    assert names("created_after=2100-01-01") == []
    first = client.get(f"{URL}?sort=-name&limit=2").json()
    cursor = first["meta"]["pagination"]["next_cursor"]
    assert names(f"sort=-name&limit=2&cursor={cursor}") == ["Alpha"]
    for query in ("colour=red", "status=asleep", "sort=phone", "limit=0"):
        refused = client.get(f"{URL}?{query}")
        assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_FILTER"), query


def test_a_list_of_clients_costs_two_queries(staff: Membership) -> None:
    client = api(staff)
    assert_constant_queries(
        lambda: client.get(URL), lambda: make_client(staff.organization, "More"), at_most=2
    )
