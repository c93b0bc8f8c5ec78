"""Signing in, refreshing and signing out (P01 to P05, R14, R16, R17, R23)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import jwt
import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Membership, RefreshToken, Session
from apps.core import clock, context
from tests.conftest import access_token, api, assert_constant_queries, events_of
from tests.factories import PASSWORD, make_member


def login(email: str, password: str = PASSWORD) -> Any:
    return api(None).post("/api/v1/auth/login", {"email": email, "password": password})


def pair_of(person: Membership) -> dict[str, Any]:
    data: dict[str, Any] = login(person.user.email).json()["data"]
    return data


def refreshed(token: str) -> Any:
    return api(None).post("/api/v1/auth/refresh", {"refresh_token": token})


def me(token: str) -> Any:
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get("/api/v1/users/me")


def test_p01_login_gives_a_person_and_a_pair(alice: Membership) -> None:
    data = pair_of(alice)
    assert (data["token_type"], data["expires_in"]) == ("Bearer", 900)
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


def test_p01_a_login_costs_three_statements(alice: Membership) -> None:
    """performance.md, section 2: the throttle, the person, and all that is written, at once."""
    login(alice.user.email)
    with CaptureQueriesContext(connection) as queries:
        assert login(alice.user.email).status_code == 200
    sql = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(sql) == 3, sql


def test_p01_the_case_of_an_email_does_not_matter(alice: Membership) -> None:
    assert login(alice.user.email.upper()).status_code == 200


def test_p01_an_unknown_email_and_a_wrong_password_answer_alike(alice: Membership) -> None:
    answers = [login(alice.user.email, "wrong").json(), login("no@example.com", "wrong").json()]
    for answer in answers:
        answer.pop("request_id")
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "INVALID_CREDENTIALS"


def test_p02_an_access_token_holds_the_claims_and_lives_15_minutes(alice: Membership) -> None:
    claims = jwt.decode(access_token(alice), settings.SECRET_KEY, ["HS256"])
    assert claims["sub"] == claims["id"] == claims["userId"] == str(alice.user_id)
    assert (claims["role"], claims["type"]) == ("client", "access")
    assert claims["exp"] - claims["iat"] == 900
    assert claims["org"] == str(alice.organization_id)


def test_p02_a_token_of_the_old_face_lives_30_minutes(alice: Membership) -> None:
    token = access_token(alice, face=Session.Face.NODE)
    claims = jwt.decode(token, settings.SECRET_KEY, ["HS256"])
    assert claims["exp"] - claims["iat"] == 1800


@pytest.mark.parametrize("email", ["a~b@example.com", "a?~>b@example.com", "plain@example.com"])
def test_the_payload_of_a_token_is_plain_base64_for_the_old_pages(
    owner: Membership, email: str
) -> None:
    owner.user.email = email
    owner.user.save(update_fields=["email"])
    payload = access_token(owner).split(".")[1]
    assert not set(payload) & {"-", "_"}


def test_p02_an_expired_token_says_so(alice: Membership) -> None:
    token = access_token(alice)
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1), tick=False):
        answer = me(token)
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_EXPIRED")


def test_p03_r16_each_kind_of_token_is_refused_in_the_place_of_the_other(alice: Membership) -> None:
    pair = pair_of(alice)
    assert me(pair["refresh_token"]).json()["code"] == "TOKEN_INVALID"
    assert refreshed(pair["access_token"]).json()["code"] == "TOKEN_INVALID"


def test_p03_the_table_holds_no_token_text(alice: Membership) -> None:
    text = pair_of(alice)["refresh_token"]
    for token in RefreshToken.objects.all():
        assert text.encode() not in bytes(token.token_hash)
        assert len(bytes(token.token_hash)) == 32


def forged(person: Membership, **changes: Any) -> str:
    claims = jwt.decode(access_token(person), settings.SECRET_KEY, ["HS256"])
    return jwt.encode(claims | changes, settings.SECRET_KEY, "HS256")


def test_a_forged_token_is_401(alice: Membership) -> None:
    claims = jwt.decode(access_token(alice), settings.SECRET_KEY, ["HS256"])
    tokens = [
        jwt.encode(claims, "another-key-of-at-least-32-characters", "HS256"),
        jwt.encode(claims, "", "none"),
        jwt.encode(claims, settings.SECRET_KEY + "x" * 24, "HS384"),
        forged(alice, sid="01a20d15-0000-7000-8000-000000000000"),
        forged(alice, sid="nonsense"),
        forged(alice, type="refresh"),
        "a.b.c",
        "\x00",
        "ü",
    ]
    answers = [me(token).json()["code"] for token in tokens]
    assert answers == ["TOKEN_INVALID"] * len(tokens)


def test_a_session_ends_after_ninety_days_however_often_it_is_refreshed(alice: Membership) -> None:
    """ASVS 7.3.2."""
    token, now = pair_of(alice)["refresh_token"], clock.now()
    for week in range(1, 16):
        with time_machine.travel(now + timedelta(days=6 * week), tick=False):
            answer = refreshed(token)
        if answer.status_code != 200:
            break
        token = answer.json()["data"]["refresh_token"]
    assert (answer.status_code, week) == (401, 15)


def test_p04_a_refresh_gives_a_new_pair_that_works(alice: Membership) -> None:
    old = pair_of(alice)
    new = refreshed(old["refresh_token"]).json()["data"]
    assert new["refresh_token"] != old["refresh_token"]
    assert me(new["access_token"]).status_code == 200


def test_p04_a_second_tab_gets_the_same_pair_within_20_seconds(alice: Membership) -> None:
    old = pair_of(alice)["refresh_token"]
    pairs = [refreshed(old).json()["data"] for _ in range(3)]
    assert pairs[0] == pairs[1] == pairs[2]


def test_p04_a_late_reuse_ends_the_family(alice: Membership) -> None:
    old = pair_of(alice)["refresh_token"]
    new = refreshed(old).json()["data"]
    with time_machine.travel(clock.now() + timedelta(seconds=21), tick=False):
        answer = refreshed(old)
        assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_REUSED")
        assert me(new["access_token"]).json()["code"] == "TOKEN_INVALID"
        assert refreshed(new["refresh_token"]).json()["code"] == "TOKEN_INVALID"
    assert "session.revoked" in [event.kind for event in events_of(alice)]


@pytest.mark.django_db(transaction=True)
def test_r17_twenty_parallel_refreshes_of_one_token_all_succeed(alice: Membership) -> None:
    old = pair_of(alice)["refresh_token"]
    start = Barrier(20)

    def tab(_number: int) -> tuple[int, str]:
        start.wait()
        try:
            answer = refreshed(old)
            return answer.status_code, answer.json()["data"]["refresh_token"]
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as tabs:
        results = set(tabs.map(tab, range(20)))
    assert len(results) == 1
    assert next(iter(results))[0] == 200


def test_p05_logout_ends_the_session_at_once(alice: Membership) -> None:
    pair = pair_of(alice)
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access_token']}")
    assert client.post("/api/v1/auth/logout").json()["data"] is None
    assert me(pair["access_token"]).status_code == 401
    assert refreshed(pair["refresh_token"]).status_code == 401


def test_p05_logout_all_ends_every_session(alice: Membership) -> None:
    tokens = [access_token(alice) for _ in range(3)]
    api(alice).post("/api/v1/auth/logout-all")
    assert [me(token).status_code for token in tokens] == [401, 401, 401]


def test_p13_one_session_is_listed_and_ended(alice: Membership) -> None:
    other = access_token(alice)
    client = api(alice)
    rows = client.get("/api/v1/auth/sessions").json()["data"]
    assert {row["user_agent"] for row in rows} == {"tests"}
    oldest = rows[-1]["id"]
    assert client.delete(f"/api/v1/auth/sessions/{oldest}").status_code == 200
    assert me(other).status_code == 401
    assert len(client.get("/api/v1/auth/sessions").json()["data"]) == 1


def test_r23_a_device_is_known_by_browser_network_and_times(alice: Membership) -> None:
    for address in ("203.0.113.77", "2001:db8:85a3::8a2e:370:7334"):
        context.enter(context.RequestContext(address=address, user_agent="Firefox on a desk"))
        access_token(alice)
    rows = api(alice).get("/api/v1/auth/sessions?sort=created_at").json()["data"]
    assert [row["ip"] for row in rows] == ["203.0.113.x", "2001:db8:85a3::x", "2001:db8:85a3::x"]
    assert [row["current"] for row in rows] == [False, False, True]
    assert {row["method"] for row in rows} == {"password"}
    assert all(row["first_used_at"] <= row["last_used_at"] for row in rows)
    other = api(alice).get("/api/v1/auth/sessions?sort=created_at").json()["data"]
    assert [row["current"] for row in other] == [False, False, False, True]


def test_p18_five_failures_close_the_door_for_this_address(alice: Membership) -> None:
    statuses = [login(alice.user.email, "wrong").status_code for _ in range(5)]
    answer = login(alice.user.email)
    assert statuses == [401] * 5
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
    assert 800 < int(answer["Retry-After"]) <= 901
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1), tick=False):
        assert login(alice.user.email).status_code == 200


def test_an_unknown_email_is_throttled_like_a_known_one(db: None) -> None:
    statuses = [login("no@example.com", "wrong").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_an_inactive_account_is_told_only_after_the_right_password(alice: Membership) -> None:
    alice.user.is_active = False
    alice.user.save(update_fields=["is_active"])
    assert login(alice.user.email, "wrong").json()["code"] == "INVALID_CREDENTIALS"
    assert login(alice.user.email).json()["code"] == "ACCOUNT_INACTIVE"


def test_a_deactivated_person_is_out_at_the_next_request(alice: Membership) -> None:
    token = access_token(alice)
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    assert me(token).status_code == 401


def test_a_sign_in_and_a_failure_are_events(alice: Membership) -> None:
    login(alice.user.email, "wrong")
    login(alice.user.email)
    assert [event.kind for event in events_of(alice)][-2:] == [
        "user.sign_in_failed",
        "user.signed_in",
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "a@example.com"},
        {"email": "a@example.com", "password": ""},
        {"email": "a@example.com", "password": None},
        {"email": "a@example.com", "password": "x" * 1001},
        {"email": "a\x00@example.com", "password": "x"},
        {"email": "a@example.com", "password": "x", "role": "owner"},
        {"email": ["a"], "password": {}},
        [],
        "text",
    ],
)
def test_a_wrong_body_names_the_field(db: None, body: Any) -> None:
    answer = api(None).post("/api/v1/auth/login", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["details"]


def test_a_person_changes_his_own_name_and_not_his_role(alice: Membership) -> None:
    client = api(alice)
    body = client.patch("/api/v1/users/me", {"first_name": "Alicia"}).json()
    assert body["data"]["first_name"] == "Alicia"
    assert client.patch("/api/v1/users/me", {"role": "owner"}).status_code == 400
    wrong = client.patch("/api/v1/users/me", {"timezone": "Mars/Base"}).json()
    assert wrong["details"][0]["field"] == "timezone"


def test_a_list_of_people_costs_two_queries(owner: Membership) -> None:
    client = api(owner)
    assert_constant_queries(
        request=lambda: client.get("/api/v1/users"),
        grow=lambda: make_member(owner.organization, "staff"),
        at_most=2,
    )


def test_a_contact_sees_no_other_people_in_the_list(alice: Membership, owner: Membership) -> None:
    rows = api(alice).get("/api/v1/users").json()["data"]
    assert [row["id"] for row in rows] == [str(alice.user_id)]


def test_a_program_may_ask_for_a_shorter_access_token(alice: Membership) -> None:
    body = {"email": alice.user.email, "password": PASSWORD, "access_seconds": 5}
    pair = api(None).post("/api/v1/auth/login", body).json()["data"]
    assert pair["expires_in"] == 5
    with time_machine.travel(clock.now() + timedelta(seconds=6), tick=False):
        assert me(pair["access_token"]).json()["code"] == "TOKEN_EXPIRED"
        again = refreshed(pair["refresh_token"]).json()["data"]
        assert again["expires_in"] == 900
    too_long = body | {"access_seconds": 901}
    assert api(None).post("/api/v1/auth/login", too_long).status_code == 400
