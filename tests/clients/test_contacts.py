"""Contacts over HTTP, and what their sign-in reaches (P42, R36, C18)."""

import threading
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import Membership, User
from apps.clients.models import Client, Contact
from apps.core.tenancy import organization_scope
from tests.conftest import Api, api, assert_constant_queries, events_of
from tests.factories import make_client, make_contact, make_member, make_organization

FIELDS = {
    "id", "client_id", "user_id", "first_name", "last_name", "email", "phone", "role",
    "is_primary", "is_billing", "created_at", "updated_at",
}  # fmt: skip
SECRET = "a long enough secret"


def contacts(client: Client) -> str:
    return f"/api/v1/clients/{client.id}/contacts"


def contact_url(person: Membership, client: Client) -> str:
    with organization_scope(person.organization_id):
        contact = Contact.objects.get(user_id=person.user_id, client=client)
    return f"{contacts(client)}/{contact.id}"


def add(client: Api, company: Client, **fields: Any) -> Any:
    body = {"first_name": "Ann", "email": "ann@example.com"} | fields
    return client.post(contacts(company), body, format="json")


def sign_in(email: str, password: str = SECRET) -> Api:
    body = {"email": email, "password": password}
    pair = api(None).post("/api/v1/auth/login", body).json()["data"]
    client = Api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access_token']}")
    return client


def test_p42_a_contact_without_a_password_cannot_sign_in(
    staff: Membership, client_a: Client
) -> None:
    response = add(api(staff), client_a, last_name="Lee", role="viewer", is_billing=True)
    shown = response.json()["data"]
    assert response.status_code == 201
    assert set(shown) == FIELDS
    assert shown["user_id"] is None
    assert (shown["role"], shown["is_billing"], shown["is_primary"]) == ("viewer", True, False)
    assert response["Location"] == f"{contacts(client_a)}/{shown['id']}"
    created = events_of(staff)[-1]
    assert (created.kind, created.audience) == ("contact.created", "client")


def test_a_contact_with_a_password_signs_in_and_sees_his_company(
    staff: Membership, client_a: Client, client_b: Client
) -> None:
    answer = add(api(staff), client_a, password=SECRET)
    assert "password" not in answer.json()["data"]
    mine = sign_in("ann@example.com")
    assert [row["name"] for row in mine.get("/api/v1/clients").json()["data"]] == ["Acme"]
    assert mine.get("/api/v1/users/me").json()["data"]["role"] == "client"


def test_r36_one_login_belongs_to_several_companies(
    staff: Membership, client_a: Client, client_b: Client
) -> None:
    client = api(staff)
    one = add(client, client_a, password=SECRET, role="admin").json()["data"]
    two = add(client, client_b, email="ANN@example.com", role="viewer").json()["data"]
    assert one["user_id"] == two["user_id"]
    mine = sign_in("ann@example.com")
    assert {row["name"] for row in mine.get("/api/v1/clients").json()["data"]} == {"Acme", "Birch"}
    membership = Membership.objects.get(user_id=one["user_id"])
    roles = dict(zip(membership.client_ids, membership.contact_roles, strict=True))
    assert roles == {client_a.id: "admin", client_b.id: "viewer"}


def test_a_person_of_another_organization_is_not_made_a_member_without_being_asked(
    staff: Membership, client_a: Client, mallory: Membership
) -> None:
    email = mallory.user.email
    made = add(api(staff), client_a, email=email, password="another secret")
    assert (made.status_code, made.json()["data"]["user_id"]) == (201, None)
    assert list(User.objects.get(email=email).memberships.all()) == [mallory]
    (invitation,) = api(staff).get("/api/v1/invitations").json()["data"]
    assert (invitation["email"], invitation["client_id"]) == (email, str(client_a.id))


def test_a_person_of_the_team_cannot_be_a_contact_with_access(
    staff: Membership, client_a: Client
) -> None:
    refused = add(api(staff), client_a, email=staff.user.email, password=SECRET)
    assert (refused.status_code, refused.json()["details"]["rule"]) == (409, "person_of_team")


def test_an_email_stands_once_in_a_company(
    staff: Membership, client_a: Client, client_b: Client
) -> None:
    client = api(staff)
    assert add(client, client_a).status_code == 201
    twice = add(client, client_a, email="Ann@Example.com")
    assert (twice.status_code, twice.json()["code"]) == (409, "DUPLICATE")
    assert add(client, client_b).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", ""),
        ("email", "nobody"),
        ("role", "owner"),
        ("is_primary", "perhaps"),
        ("user_id", "0193a1f0-0000-7000-8000-0000000000aa"),
        ("password", "short"),
        ("phone", "9" * 41),
    ],
)
def test_p21_a_wrong_field_is_named(
    staff: Membership, client_a: Client, field: str, value: Any
) -> None:
    refused = add(api(staff), client_a, **{field: value})
    assert refused.status_code == 400
    assert refused.json()["details"][0]["field"] == field


def test_c18_a_contact_changes_his_own_name_and_phone_and_nothing_else(
    alice: Membership, client_a: Client
) -> None:
    colleague = make_contact(client_a, "colleague")
    client, url = api(alice), contact_url(alice, client_a)
    changed = client.patch(url, {"phone": "+1", "last_name": "New"})
    assert changed.json()["data"]["phone"] == "+1"
    for body in ({"role": "admin"}, {"email": "x@example.com"}, {"phone": "2", "role": "admin"}):
        assert client.patch(url, body).status_code == 403
    assert client.patch(contact_url(colleague, client_a), {"phone": "+1"}).status_code == 403
    assert client.get(url).json()["data"]["phone"] == "+1"


def test_a_new_role_counts_at_once(staff: Membership, alice: Membership, client_a: Client) -> None:
    answer = api(staff).patch(contact_url(alice, client_a), {"role": "viewer"})
    assert answer.json()["data"]["role"] == "viewer"
    alice.refresh_from_db()
    assert alice.contact_roles == ["viewer"]
    assert events_of(staff)[-1].kind == "contact.updated"


def test_deleting_the_last_contact_of_a_person_ends_his_sessions(
    staff: Membership, alice: Membership, client_a: Client, client_b: Client
) -> None:
    client, mine = api(staff), api(alice)
    second = add(client, client_b, email=alice.user.email).json()["data"]
    assert client.delete(contact_url(alice, client_a)).status_code == 200
    assert [row["name"] for row in mine.get("/api/v1/clients").json()["data"]] == ["Birch"]
    assert client.delete(f"{contacts(client_b)}/{second['id']}").status_code == 200
    assert mine.get("/api/v1/clients").status_code == 401
    assert "session.revoked" in [event.kind for event in events_of(staff)]
    assert client.get(f"{contacts(client_b)}/{second['id']}").status_code == 404


def test_a_client_has_one_primary_contact(staff: Membership, client_a: Client) -> None:
    client = api(staff)
    first = add(client, client_a, is_primary=True).json()["data"]
    second = add(client, client_a, email="ben@example.com", is_primary=True).json()["data"]
    url = contacts(client_a)

    def primary() -> list[str]:
        return [row["id"] for row in client.get(f"{url}?is_primary=true").json()["data"]]

    assert primary() == [second["id"]]
    client.patch(f"{url}/{first['id']}", {"is_primary": True}, format="json")
    assert primary() == [first["id"]]


def test_a_foreign_company_has_no_contacts_to_see(
    alice: Membership, bob: Membership, client_a: Client, client_b: Client
) -> None:
    assert api(alice).get(contacts(client_b)).status_code == 404
    assert api(alice).get(contact_url(bob, client_b)).status_code == 404
    crossed = contact_url(bob, client_b).replace(str(client_b.id), str(client_a.id))
    assert api(alice).get(crossed).status_code == 404


def test_a_list_of_contacts_costs_two_queries(staff: Membership, client_a: Client) -> None:
    client = api(staff)
    assert_constant_queries(
        lambda: client.get(contacts(client_a)), lambda: make_contact(client_a), at_most=2
    )


def test_lists_of_contacts_filter_sort_and_search(staff: Membership, client_a: Client) -> None:
    client = api(staff)
    add(client, client_a, role="admin")
    add(client, client_a, first_name="Ben", email="ben@example.com")

    def names(query: str) -> list[str]:
        rows = client.get(f"{contacts(client_a)}?{query}").json()["data"]
        return [row["first_name"] for row in rows]

    assert names("role=admin") == ["Ann"]
    assert names("q=ben@") == ["Ben"]
    assert names("sort=first_name") == ["Ann", "Ben"]
    assert client.get(f"{contacts(client_a)}?role=boss").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_of_two_contacts_made_primary_at_once_one_stays() -> None:
    organization = make_organization()
    owner, company = make_member(organization, "owner"), make_client(organization)
    barrier, statuses = threading.Barrier(2), []

    def run(name: str) -> None:
        client = api(owner)
        barrier.wait()
        statuses.append(
            add(client, company, email=f"{name}@example.com", is_primary=True).status_code
        )
        connection.close()

    threads = [threading.Thread(target=run, args=[name]) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with organization_scope(organization.id):
        assert Contact.objects.filter(client=company, is_primary=True).count() == 1
    assert statuses == [201, 201]
