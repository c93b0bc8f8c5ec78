"""Service accounts: programs with keys and no other way in (P17, P20)."""

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from tests.accounts.keys import make_key, make_service, with_key
from tests.conftest import api

URL = "/api/v1/clients"


def test_p20_a_service_account_works_with_its_key_alone(
    owner: Membership, client_a: Client
) -> None:
    made = api(owner).post("/api/v1/service-accounts", {"name": "Importer", "role": "staff"})
    account = made.json()["data"]
    url = f"{made['Location']}/api-keys"
    text = api(owner).post(url, {"name": "Main", "scopes": ["clients:read"]}).json()["data"]["key"]
    assert text.startswith("sk_test_")
    assert with_key(text).get(URL).status_code == 200
    assert [row["user_id"] for row in api(owner).get(url).json()["data"]] == [account["id"]]
    user = Membership.objects.get(user_id=account["id"]).user
    assert user.email.endswith("@service.invalid")
    assert not user.has_usable_password()
    body = {"email": user.email, "password": user.password}
    assert api(None).post("/api/v1/auth/login", body).json()["code"] == "INVALID_CREDENTIALS"


def test_a_service_account_is_no_person_of_the_lists(owner: Membership, staff: Membership) -> None:
    account = make_service(owner)
    shown = {row["id"] for row in api(owner).get("/api/v1/users").json()["data"]}
    assert shown == {str(owner.user_id), str(staff.user_id)}
    assert api(owner).get(f"/api/v1/users/{account.user_id}").status_code == 404
    body = {"participant_ids": [str(account.user_id)]}
    assert api(owner).post("/api/v1/conversations", body).status_code == 400


@pytest.mark.parametrize("role", ["owner", "client", "root", ""])
def test_a_service_account_is_never_an_owner_or_a_contact(role: str, owner: Membership) -> None:
    answer = api(owner).post("/api/v1/service-accounts", {"name": "x", "role": role})
    assert answer.status_code == 400


def test_a_removed_service_account_is_out_at_once(owner: Membership, client_a: Client) -> None:
    account = make_service(owner)
    _key, text = make_key(owner, service=account)
    assert with_key(text).get(URL).status_code == 200
    url = f"/api/v1/service-accounts/{account.user_id}"
    assert api(owner).patch(url, {"is_active": False}).json()["data"]["is_active"] is False
    assert with_key(text).get(URL).status_code == 401
    assert api(owner).patch(url, {"is_active": True}).status_code == 200
    assert with_key(text).get(URL).status_code == 200
    assert api(owner).delete(url).status_code == 200
    assert api(owner).patch(url, {"is_active": True}).status_code == 200
    assert with_key(text).get(URL).status_code == 401


def test_a_lowered_service_account_loses_rights_at_once(owner: Membership) -> None:
    account = make_service(owner)
    _key, text = make_key(owner, "clients:write", service=account)
    assert with_key(text).post(URL, {"name": "Cedar"}).status_code == 201
    url = f"/api/v1/service-accounts/{account.user_id}"
    api(owner).patch(url, {"role": "accountant"})
    assert with_key(text).post(URL, {"name": "Dogwood"}).status_code == 403
