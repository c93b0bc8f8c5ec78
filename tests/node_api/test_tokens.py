"""Signing in on the old face and carrying the token (P02, P04, P40, R17)."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import orjson
import pytest
from django.db import connection

from apps.accounts.models import Membership, User
from apps.clients.models import Client
from apps.core import clock
from tests.conftest import Api, access_token
from tests.factories import PASSWORD, make_contact
from tests.files.factories import PNG, part
from tests.node_api.old import Studio, furnish, node


@pytest.fixture
def studio(owner: Membership, alice: Membership, client_a: Client) -> Studio:
    return furnish(owner, alice, client_a)


def login(person: Membership) -> dict[str, Any]:
    body = {"email": person.user.email, "password": PASSWORD}
    answer = node(None).post("/api/auth/login", body)
    assert answer.status_code == 200
    return dict(answer.json())


def claims_of(token: str) -> dict[str, Any]:
    return dict(orjson.loads(base64.b64decode(token.split(".")[1] + "==")))


def bearer(token: str) -> Api:
    client = Api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_p02_a_token_lives_thirty_minutes_and_atob_can_read_it(owner: Membership) -> None:
    body = login(owner)
    assert body["token"] == body["accessToken"]
    middle = body["accessToken"].split(".")[1]
    assert not set(middle) & {"-", "_"}
    claims = claims_of(body["accessToken"])
    assert claims["exp"] - claims["iat"] == 1800
    assert claims["id"] == claims["userId"] == str(owner.user_id)
    assert claims["role"] == "admin"
    assert claims["type"] == "access"


def test_contacts_are_clients_and_all_others_admins(
    alice: Membership, staff: Membership, accountant: Membership
) -> None:
    roles = {person.role: login(person)["user"]["role"] for person in (alice, staff, accountant)}
    assert roles == {"client": "client", "staff": "admin", "accountant": "admin"}


def test_wrong_password_and_unknown_email_read_alike(alice: Membership) -> None:
    answers = [
        node(None).post("/api/auth/login", {"email": email, "password": "wrong"})
        for email in (alice.user.email, "nobody@example.com")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["error"] == "Invalid credentials"


def test_an_inactive_account_is_403(alice: Membership) -> None:
    User.objects.filter(id=alice.user_id).update(is_active=False)
    body = {"email": alice.user.email, "password": PASSWORD}
    answer = node(None).post("/api/auth/login", body)
    assert answer.status_code == 403
    assert answer.json()["error"] == "Account is disabled"


def test_r14_five_failures_are_429_in_plain_text(alice: Membership) -> None:
    body = {"email": alice.user.email, "password": "wrong"}
    statuses = [node(None).post("/api/auth/login", body).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    answer = node(None).post("/api/auth/login", body)
    assert answer["Content-Type"].startswith("text/plain")
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize(
    "token", ["x", "a.b.c", "null.", "undefinedd", "é", "Bearer", "eyJhbGciOiJub25lIn0.e30."]
)
def test_a_bad_token_is_401(token: str, alice: Membership) -> None:
    answer = bearer(token).get("/api/auth/me")
    assert answer.status_code == 401
    assert answer.json()["error"] == "Invalid or expired token"


def test_an_expired_token_is_401(alice: Membership) -> None:
    with clock.moved(timedelta(minutes=-31)):
        token = access_token(alice, "node")
    assert bearer(token).get("/api/auth/me").status_code == 401


def test_a_refresh_token_is_no_access_token(alice: Membership) -> None:
    assert bearer(login(alice)["refreshToken"]).get("/api/auth/me").status_code == 401


@pytest.mark.parametrize("word", ["null", "undefined", ""])
def test_the_words_of_two_old_scripts_are_no_token(word: str, db: None) -> None:
    answer = bearer(word).get("/api/auth/me")
    assert answer.status_code == 401
    assert answer.json()["error"] == "Access token required"


def test_a_signed_out_token_is_401(alice: Membership) -> None:
    client = node(alice)
    assert client.post("/api/auth/logout").status_code == 200
    assert client.get("/api/auth/me").status_code == 401


# -- refresh ----------------------------------------------------------------------------------


def refreshed(token: str) -> Any:
    return node(None).post("/api/auth/refresh", {"refreshToken": token})


def test_p04_r17_another_tab_gets_the_same_pair_for_twenty_minutes(alice: Membership) -> None:
    old = login(alice)["refreshToken"]
    first = refreshed(old).json()
    with clock.moved(timedelta(minutes=13)):
        assert refreshed(old).json() == first
    with clock.moved(timedelta(minutes=21)):
        late = refreshed(old)
    assert late.status_code == 403
    assert late.json()["error"] == "Invalid or expired refresh token"
    assert refreshed(first["refreshToken"]).status_code == 403  # the family has ended


@pytest.mark.django_db(transaction=True)
def test_p04_of_tabs_that_refresh_at_once_all_get_one_pair(client_a: Client) -> None:
    token = login(make_contact(client_a))["refreshToken"]
    barrier = Barrier(4)

    def tab() -> Any:
        barrier.wait()
        try:
            return refreshed(token).json()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = [job.result() for job in [pool.submit(tab) for _ in range(4)]]
    assert all(answer == answers[0] for answer in answers)
    assert refreshed(answers[0]["refreshToken"]).status_code == 200


# -- registration -----------------------------------------------------------------------------


PERSON = {"email": "new@example.org", "password": "Passw0rdX", "name": "New Person"}


def test_registration_makes_a_client_whatever_role_is_asked(organization: Any) -> None:
    answer = node(None).post("/api/auth/register", PERSON | {"role": "admin"})
    assert answer.status_code == 201
    assert answer.json()["user"]["role"] == "client"
    membership = Membership.objects.get(user__email="new@example.org")
    assert membership.role == "client"
    assert len(membership.client_ids) == 1
    client = bearer(answer.json()["accessToken"])
    assert client.get("/api/projects").json()["projects"] == []
    assert client.get("/api/clients").status_code == 403


def test_nobody_registers_into_an_account_that_exists(alice: Membership) -> None:
    for email in (alice.user.email, alice.user.email.upper()):
        answer = node(None).post("/api/auth/register", PERSON | {"email": email})
        assert answer.status_code == 409
        assert answer.json()["error"] == "User already exists with this email"
        assert "accessToken" not in answer.json()


@pytest.mark.parametrize("password", ["short", "nouppercase1", "NOLOWERCASE1", "NoDigitsHere", ""])
def test_registration_asks_for_the_old_password_rule(password: str, organization: Any) -> None:
    answer = node(None).post("/api/auth/register", PERSON | {"password": password})
    assert answer.status_code == 400
    detail = answer.json()["details"][0]
    assert {detail["field"], detail["path"]} == {"password"}
    assert detail["message"] == detail["msg"]
    assert password == "" or password not in str(answer.json()["details"])


# -- cookie and address -----------------------------------------------------------------------


def test_a_token_in_the_address_opens_three_routes_only(studio: Studio, alice: Membership) -> None:
    token = access_token(alice, "node")
    file = f"/api/files/{studio.file.id}"
    for way in ("download", "thumbnail", "preview"):
        assert Api().get(f"{file}/{way}?token={token}").status_code == 200
        assert Api().get(f"{file}/{way}?token=bad").status_code == 401
    for path in (file, "/api/files", "/api/auth/me"):
        assert Api().get(f"{path}?token={token}").status_code == 401


def cookie(person: Membership) -> Api:
    client = Api()
    client.cookies["adminToken"] = access_token(person, "node")
    return client


def test_the_cookie_uploads_from_our_own_origin_only(studio: Studio, owner: Membership) -> None:
    client = cookie(owner)

    def status(**headers: str) -> int:
        form = {"file": part(PNG, "logo.png")}
        answer = client.post("/api/files/upload", form, format="multipart", headers=headers)
        return int(answer.status_code)

    assert status(**{"Sec-Fetch-Site": "same-origin"}) == 201
    assert status(Origin="http://testserver") == 201
    assert status(**{"Sec-Fetch-Site": "cross-site"}) == 401
    assert status(**{"Sec-Fetch-Site": "none"}) == 401
    assert status(Origin="https://evil.example") == 401
    assert status() == 401


def test_the_cookie_shows_pictures_and_nothing_else(studio: Studio, owner: Membership) -> None:
    client = cookie(owner)
    file = f"/api/files/{studio.file.id}"
    assert client.get(f"{file}/preview").status_code == 200
    assert client.get(f"{file}/thumbnail").status_code == 200
    assert (
        client.get(f"{file}/preview", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 401
    )
    assert client.get(file).status_code == 401
    assert client.get("/api/projects").status_code == 401
    assert client.delete(file).status_code == 401


def test_a_header_comes_before_the_cookie(studio: Studio, owner: Membership) -> None:
    client = cookie(owner)
    client.credentials(HTTP_AUTHORIZATION="Bearer bad")
    assert client.get(f"/api/files/{studio.file.id}/preview").status_code == 401
