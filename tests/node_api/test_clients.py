"""Clients on the old face: one person with a company, in both spellings (P40, P41)."""

from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client, Contact
from apps.core.tenancy import organization_scope
from tests.node_api.old import begin_project, node

ANN = {
    "first_name": "Ann", "last_name": "O'Neil", "email": "ann@example.org", "phone": "555-0111",
    "company_name": "Neil & Sons (Ltd)", "address": "1 Main St\nBloomington",
    "status": "prospect", "source": "website", "password": "TempPass1795234567890!",
}  # fmt: skip


@pytest.fixture
def ann(owner: Membership) -> dict[str, Any]:
    answer = node(owner).post("/api/clients", ANN)
    assert answer.status_code == 201, answer.content
    return dict(answer.json()["client"])


def test_a_client_has_both_spellings(ann: dict[str, Any]) -> None:
    assert ann["firstName"] == ann["first_name"] == "Ann"
    assert ann["lastName"] == ann["last_name"] == "O'Neil"
    assert ann["company"] == ann["company_name"] == "Neil & Sons (Ltd)"
    assert ann["createdAt"] == ann["created_at"]
    assert (ann["status"], ann["source"], ann["address"]) == (
        "prospect", "website", "1 Main St\nBloomington",
    )  # fmt: skip
    assert (ann["projectCount"], ann["active_projects"]) == (0, "0")


def test_the_person_can_sign_in_and_sees_the_own_company(ann: dict[str, Any]) -> None:
    body = {"email": ANN["email"], "password": ANN["password"]}
    answer = node(None).post("/api/auth/login", body).json()
    assert answer["user"]["role"] == "client"
    client = node(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer['accessToken']}")
    for name in (ann["id"], answer["user"]["id"]):  # outside callers know the person's id
        assert client.get(f"/api/clients/{name}").json()["client"]["id"] == ann["id"]


def test_an_email_of_somebody_is_409(owner: Membership, ann: dict[str, Any]) -> None:
    answer = node(owner).post("/api/clients", ANN)
    assert answer.status_code == 409
    assert isinstance(answer.json()["message"], str)
    assert node(owner).post("/api/clients", ANN | {"email": owner.user.email}).status_code == 409


@pytest.mark.parametrize(
    ("fault", "path"),
    [({"email": "x"}, "email"), ({"password": "short"}, "password"), ({"first_name": ""},
     "first_name"), ({"status": "bogus"}, "status"), ({"source": "bogus"}, "source"),
     ({"phone": "5" * 41}, "phone")],
)  # fmt: skip
def test_a_wrong_member_is_named(fault: dict[str, str], path: str, owner: Membership) -> None:
    answer = node(owner).post("/api/clients", ANN | fault)
    assert answer.status_code == 400
    assert [detail["path"] for detail in answer.json()["details"]] == [path]


def test_an_update_reaches_company_and_person(owner: Membership, ann: dict[str, Any]) -> None:
    body = {"first_name": "Anna", "status": "active", "company_name": "", "phone": ""}
    row = node(owner).put(f"/api/clients/{ann['id']}", body).json()["client"]
    assert (row["firstName"], row["lastName"], row["status"]) == ("Anna", "O'Neil", "active")
    assert (row["company"], row["phone"]) == (ANN["company_name"], ANN["phone"])
    with organization_scope(owner.organization_id):
        contact = Contact.objects.get(client_id=ann["id"])
        assert (contact.first_name, contact.last_name) == ("Anna", "O'Neil")
        assert Client.objects.get(id=ann["id"]).name == "Anna O'Neil"


def test_a_deactivated_client_leaves_the_list_and_comes_back(
    owner: Membership, ann: dict[str, Any]
) -> None:
    client = node(owner)
    assert client.delete(f"/api/clients/{ann['id']}").status_code == 200
    assert client.get("/api/clients").json()["clients"] == []
    [row] = client.get("/api/clients?status=inactive").json()["clients"]
    assert (row["status"], row["is_active"]) == ("inactive", False)
    back = client.post(f"/api/clients/{ann['id']}/reactivate")
    assert back.json()["client"]["is_active"] is True
    assert len(client.get("/api/clients?status=prospect").json()["clients"]) == 1


def test_a_company_without_people_still_has_names(owner: Membership, client_a: Client) -> None:
    [row] = node(owner).get("/api/clients").json()["clients"]
    assert (row["firstName"], row["lastName"]) == ("Acme", "")
    assert isinstance(row["email"], str)


def test_the_projects_of_a_client_are_a_bare_array(
    owner: Membership, client_a: Client, client_b: Client
) -> None:
    mine = begin_project(owner, client_a)
    begin_project(owner, client_b)
    body = node(owner).get(f"/api/clients/{client_a.id}/projects").json()
    assert [row["id"] for row in body] == [str(mine.id)]
    row = node(owner).get("/api/clients", {"search": "Acme"}).json()["clients"][0]
    assert (row["projectCount"], row["activeProjects"]) == (1, 1)
