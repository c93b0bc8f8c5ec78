"""Signing in, refreshing and signing out (P01 to P05, R16, R17)."""

from apps.accounts.models import Membership
from tests.conftest import api, assert_constant_queries
from tests.factories import PASSWORD


def login(person: Membership, password: str = PASSWORD):  # type: ignore[no-untyped-def]
    body = {"email": person.user.email, "password": password}
    return api(None).post("/api/v1/auth/login", body)


def test_p01_login_gives_a_person_and_a_pair(alice: Membership) -> None:
    data = login(alice).json()["data"]
    assert data["token_type"] == "Bearer"
    assert data["expires_in"] == 900
    assert data["user"] == {
        "id": str(alice.user_id),
        "email": alice.user.email,
        "first_name": "Alice",
        "last_name": "Tester",
        "role": "client",
        "organization": {
            "id": str(alice.organization_id),
            "name": alice.organization.name,
            "slug": alice.organization.slug,
        },
    }


def test_sessions_list_and_me(alice: Membership) -> None:
    client = api(alice)
    body = client.get("/api/v1/auth/sessions").json()
    assert body["success"] is True, body
    assert len(body["data"]) == 1
    me = client.get("/api/v1/users/me")
    assert me.json()["data"]["email"] == alice.user.email
    assert me["ETag"]
    users = client.get("/api/v1/users?limit=1&include_total=true").json()
    assert users["meta"]["pagination"]["total"] == 1


def test_list_queries(owner: Membership) -> None:
    from tests.factories import make_member

    client = api(owner)
    assert_constant_queries(
        lambda: client.get("/api/v1/users"),
        lambda: make_member(owner.organization, "staff"),
        at_most=2,
    )
