"""Custom roles only restrict; contact roles are held to their table (R29, P10)."""

import re
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.models import CustomRole, Membership
from apps.accounts.permissions import CONTACT_RULES, RULES, actions_of, deniable
from apps.accounts.scopes import known_scopes
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.messaging.services import start_conversation
from tests.accounts.keys import make_service, refusal_of, with_key
from tests.conftest import access_token, api, keyed
from tests.factories import make_contact, make_member
from tests.invoices.factories import make_invoice
from tests.node_api.old import node
from tests.projects.factories import make_project

URL = "/api/v1/roles"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def helper(owner: Membership) -> CustomRole:
    body = {"name": "Helper", "base": "staff", "denied": ["clients.write", "invoices.read"]}
    made = api(owner).post(URL, body)
    return CustomRole.objects.get(id=made.json()["data"]["id"])


def given(owner: Membership, person: Membership, role: CustomRole) -> Any:
    return api(owner).patch(f"/api/v1/users/{person.user_id}", {"custom_role_id": str(role.id)})


def test_r29_the_page_of_roles_is_made_from_the_rules(
    owner: Membership, helper: CustomRole
) -> None:
    rows = api(owner).get(URL).json()["data"]
    kinds = {(row["kind"], row["name"]): row for row in rows}
    assert set(kinds) == {
        *(("built_in", name) for name in ("owner", "admin", "staff", "accountant", "client")),
        ("custom", "Helper"),
        *(("contact", name) for name in ("viewer", "member", "approver", "admin")),
    }
    assert set(kinds["built_in", "owner"]["actions"]) == actions_of("owner")
    custom = kinds["custom", "Helper"]
    assert set(custom["actions"]) == actions_of("staff") - {"clients.write", "invoices.read"}
    assert "files.write" not in kinds["contact", "viewer"]["actions"]
    assert "payments.pay" in kinds["contact", "approver"]["actions"]


def test_r29_a_custom_role_takes_actions_away_on_both_faces(
    owner: Membership, staff: Membership, client_a: Client, helper: CustomRole
) -> None:
    assert given(owner, staff, helper).json()["data"]["custom_role_id"] == str(helper.id)
    client = api(staff)
    assert client.get("/api/v1/clients").status_code == 200
    assert client.post("/api/v1/clients", {"name": "Cedar"}).status_code == 403
    answer = client.get("/api/v1/invoices")
    assert refusal_of(answer) == (403, "PERMISSION_DENIED", "taken_away")
    assert node(staff).get("/api/invoices").status_code == 403
    assert node(staff).get("/api/projects").status_code == 200


def test_r29_a_changed_role_counts_at_the_next_request(
    owner: Membership, staff: Membership, client_a: Client, helper: CustomRole
) -> None:
    given(owner, staff, helper)
    token = access_token(staff)
    assert with_key(token).get("/api/v1/projects").status_code == 200
    CustomRole.objects.filter(id=helper.id).update(denied=["projects.read"])
    assert with_key(token).get("/api/v1/projects").status_code == 403
    CustomRole.objects.filter(id=helper.id).update(denied=[])
    assert with_key(token).get("/api/v1/projects").status_code == 200


def test_r24_who_loses_an_action_is_signed_out(
    owner: Membership, staff: Membership, helper: CustomRole
) -> None:
    given(owner, staff, helper)
    token = access_token(staff)
    url = f"{URL}/{helper.id}"
    fewer = {"denied": ["clients.write"]}
    assert api(owner).patch(url, fewer).status_code == 200
    assert with_key(token).get("/api/v1/users/me").status_code == 200
    more = {"denied": ["clients.write", "files.write"]}
    assert api(owner).patch(url, more).status_code == 200
    assert with_key(token).get("/api/v1/users/me").status_code == 401


def test_a_custom_role_brings_its_base_and_leaves_with_a_built_in_one(
    owner: Membership, accountant: Membership, helper: CustomRole
) -> None:
    assert given(owner, accountant, helper).json()["data"]["role"] == "staff"
    url = f"/api/v1/users/{accountant.user_id}"
    answer = api(owner).patch(url, {"role": "admin", "custom_role_id": str(helper.id)})
    assert answer.json()["details"][0]["field"] == "role"
    back = api(owner).patch(url, {"role": "accountant"}).json()["data"]
    assert (back["role"], back["custom_role_id"]) == ("accountant", None)


def test_a_restricted_admin_gives_nobody_more_than_he_has(
    owner: Membership, staff: Membership
) -> None:
    body = {"name": "Junior", "base": "admin", "denied": ["ledger.read"]}
    role = CustomRole.objects.get(id=api(owner).post(URL, body).json()["data"]["id"])
    admin = make_member(owner.organization, "staff", "junior")
    given(owner, admin, role)
    url = f"/api/v1/users/{staff.user_id}"
    assert refusal_of(api(admin).patch(url, {"role": "admin"}))[2] == "above_own_role"
    assert refusal_of(api(admin).patch(url, {"role": "accountant"}))[2] == "above_own_role"
    body = {"name": "x", "role": "admin"}
    answer = api(admin).post("/api/v1/service-accounts", body)
    assert refusal_of(answer)[2] == "above_own_role"
    account = make_service(owner, "admin")
    url = f"/api/v1/service-accounts/{account.user_id}/api-keys"
    answer = api(admin).post(url, {"name": "x", "scopes": ["ledger:read"]})
    assert refusal_of(answer)[2] == "above_own_role"
    admin.user.refresh_from_db()
    assert not admin.user.is_staff  # the admin pages know no custom roles


def test_only_owners_make_roles_and_keep_them_in_bounds(
    owner: Membership, helper: CustomRole
) -> None:
    admin = make_member(owner.organization, "admin")
    body = {"name": "Other", "base": "staff", "denied": []}
    assert api(admin).post(URL, body).status_code == 403
    for wrong in (
        {"base": "owner"}, {"base": "client"}, {"denied": ["users.write"]},
        {"denied": ["sessions.own"]}, {"denied": ["nothing.such"]}, {"name": ""}, {"extra": 1},
    ):  # fmt: skip
        assert api(owner).post(URL, body | wrong).status_code == 400, wrong
    taken = api(owner).post(URL, body | {"name": "helper"})
    assert refusal_of(taken) == (409, "DUPLICATE", "role_name_taken")
    moved = api(owner).patch(f"{URL}/{helper.id}", {"base": "admin"})
    assert moved.json()["details"][0]["field"] == "base"


def test_a_role_that_somebody_has_is_not_deleted(
    owner: Membership, staff: Membership, helper: CustomRole
) -> None:
    given(owner, staff, helper)
    assert refusal_of(api(owner).delete(f"{URL}/{helper.id}"))[2] == "role_in_use"
    api(owner).patch(f"/api/v1/users/{staff.user_id}", {"role": "staff"})
    assert api(owner).delete(f"{URL}/{helper.id}").status_code == 200


def test_a_role_of_another_organization_is_unknown(
    owner: Membership, staff: Membership, mallory: Membership
) -> None:
    foreign = CustomRole.objects.create(
        organization=mallory.organization, name="Theirs", base="staff", denied=[]
    )
    assert given(owner, staff, foreign).json()["details"][0]["field"] == "custom_role_id"
    assert api(owner).get(f"{URL}/{foreign.id}").status_code == 404


def test_each_action_that_can_be_taken_away_is_asked_for_somewhere() -> None:
    """An action that no code asks for could be denied without any effect."""
    source = "\n".join(
        path.read_text()
        for path in (ROOT / "apps").rglob("*.py")
        if path.name not in {"permissions.py", "catalog.py"}
    )
    asked = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', source))
    read = {scope.replace(":", ".") for scope in known_scopes()}
    denied = {action for base in CustomRole.Base.values for action in deniable(base)}
    assert denied - asked - read == set()


# -- contacts --------------------------------------------------------------------------------

ROLES = ("viewer", "member", "approver", "admin")


def test_every_rule_of_contacts_is_a_rule_that_lets_contacts_in() -> None:
    assert {action for action in CONTACT_RULES if "client" not in RULES[action]} == set()


@pytest.mark.parametrize("role", ROLES)
def test_p10_what_a_contact_role_may_do(role: str, owner: Membership, client_a: Client) -> None:
    """Viewers look; members write, upload and act; approvers also pay; admins also name people."""
    person = make_contact(client_a, role, role)
    client, place = api(person), ROLES.index(role)
    project = make_project(client_a)
    with organization_scope(owner.organization_id):
        talk = start_conversation(
            owner.actor(), participant_ids=[person.user_id], project_id=project.id
        )
    invoice = make_invoice(client_a)
    action = f"/api/v1/projects/{project.id}/phases/onboarding/actions/complete_brief/completions"
    statuses = [
        client.get(f"/api/v1/projects/{project.id}").status_code,
        client.post(f"/api/v1/conversations/{talk.id}/messages", {"body": "Hi"}).status_code,
        client.post("/api/v1/conversations", {"participant_ids": [str(owner.user_id)]}).status_code,
        client.post(action).status_code,
        client.post(
            f"/api/v1/invoices/{invoice.id}/payments", {"provider": "fake"}, headers=keyed()
        ).status_code,
        client.post(
            f"/api/v1/clients/{client_a.id}/contacts", {"first_name": "Ann", "email": "a@b.example"}
        ).status_code,
    ]
    least = (0, 1, 1, 1, 2, 3)
    assert [status < 400 for status in statuses] == [place >= needed for needed in least], statuses
    assert {status for status in statuses if status >= 400} <= {403}


def test_a_contact_admin_rules_his_own_company_only(
    client_a: Client, client_b: Client, bob: Membership
) -> None:
    admin = make_contact(client_a, "boss", "admin")
    colleague = make_contact(client_a, "colleague", "viewer")
    rows = api(admin).get(f"/api/v1/clients/{client_a.id}/contacts").json()["data"]
    contact = next(row for row in rows if row["user_id"] == str(colleague.user_id))
    url = f"/api/v1/clients/{client_a.id}/contacts/{contact['id']}"
    assert api(admin).patch(url, {"role": "member"}).json()["data"]["role"] == "member"
    assert api(admin).delete(url).status_code == 200
    body = {"first_name": "Ann", "email": "ann@example.com"}
    assert api(admin).post(f"/api/v1/clients/{client_b.id}/contacts", body).status_code == 404


def test_a_role_at_one_company_counts_for_nothing_at_another(
    client_a: Client, client_b: Client
) -> None:
    from apps.accounts.services import set_client_access

    person = make_contact(client_a, "both", "admin")
    set_client_access(person.organization_id, person.user_id, client_b.id, "viewer")
    body = {"first_name": "Ann", "email": "ann@example.com"}
    assert api(person).post(f"/api/v1/clients/{client_b.id}/contacts", body).status_code == 403
    assert api(person).post(f"/api/v1/clients/{client_a.id}/contacts", body).status_code == 201


def test_a_service_account_may_have_no_custom_role(owner: Membership, helper: CustomRole) -> None:
    account = make_service(owner)
    assert given(owner, account, helper).status_code == 404
