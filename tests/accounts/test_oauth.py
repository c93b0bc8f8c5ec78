"""OAuth 2.0 client credentials: RFC 6749 sections 4.4, 5.1 and 5.2 (P20)."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

import jwt
import pytest
import time_machine
from django.conf import settings as portal_settings
from django.utils import timezone

from apps.accounts.models import ApiKey, Membership, RefreshToken, Session
from apps.clients.models import Client
from apps.core import clock
from tests.accounts.keys import make_key, make_service, refusal_of, with_key
from tests.conftest import Api, api, events_of

URL = "/oauth/token"
CLIENTS = "/api/v1/clients"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def account(owner: Membership) -> Membership:
    return make_service(owner)


@pytest.fixture
def key(owner: Membership, account: Membership) -> tuple[ApiKey, str]:
    return make_key(owner, "clients:read", "projects:read", service=account)


def asked(body: dict[str, Any] | str, authorization: str = "", **extra: Any) -> Any:
    text = body if isinstance(body, str) else "&".join(
        f"{name}={quote_plus(str(value))}" for name, value in body.items()
    )  # fmt: skip
    headers: Any = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
    return Api().generic("POST", URL, text, content_type=FORM, **headers, **extra)


def basic(name: str, secret: str) -> str:
    pair = f"{quote_plus(name)}:{quote_plus(secret)}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def granted(key: tuple[ApiKey, str], **extra: Any) -> Any:
    row, text = key
    body = {"grant_type": "client_credentials", **extra}
    return asked(body, basic(str(row.id), text))


def test_p20_a_machine_trades_its_key_for_an_access_token(
    key: tuple[ApiKey, str], client_a: Client
) -> None:
    answer = granted(key)
    body = answer.json()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert body["scope"] == "clients:read projects:read"
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    claims = jwt.decode(body["access_token"], portal_settings.SECRET_KEY, ["HS256"])
    assert (claims["type"], claims["exp"] - claims["iat"]) == ("access", 900)
    caller = with_key(body["access_token"])
    assert [row["name"] for row in caller.get(CLIENTS).json()["data"]] == [client_a.name]
    assert not RefreshToken.objects.filter(session_id=claims["sid"]).exists()
    session = Session.objects.get(id=claims["sid"])
    assert (session.method, session.api_key_id) == ("client_credentials", key[0].id)


def test_the_credentials_may_stand_in_the_body(key: tuple[ApiKey, str]) -> None:
    row, text = key
    body = {"grant_type": "client_credentials", "client_id": row.id, "client_secret": text}
    assert asked(body).status_code == 200


def test_a_token_has_the_scopes_it_asked_for_and_no_more(key: tuple[ApiKey, str]) -> None:
    body = granted(key, scope="clients:read").json()
    assert body["scope"] == "clients:read"
    caller = with_key(body["access_token"])
    assert caller.get(CLIENTS).status_code == 200
    assert refusal_of(caller.get("/api/v1/projects"))[2] == "scope_missing"
    assert refusal_of(caller.get("/api/v1/api-keys"))[2] == "not_for_keys"
    for scope in ("clients:write", "clients:read invoices:read", "everything"):
        refused = granted(key, scope=scope)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize("remembered", [True, False])
@pytest.mark.parametrize("end", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now()}])
def test_the_end_of_a_key_ends_its_tokens_at_once(
    end: dict[str, Any], remembered: bool, key: tuple[ApiKey, str], client_a: Client
) -> None:
    caller = with_key(granted(key).json()["access_token"])
    if remembered:
        assert caller.get(CLIENTS).status_code == 200
    ApiKey.objects.filter(id=key[0].id).update(**end)
    assert refusal_of(caller.get(CLIENTS)) == (401, "TOKEN_INVALID", "")


def test_a_scope_taken_from_the_key_is_gone_from_its_tokens(
    owner: Membership, key: tuple[ApiKey, str]
) -> None:
    caller = with_key(granted(key).json()["access_token"])
    assert caller.get(CLIENTS).status_code == 200
    api(owner).patch(f"/api/v1/api-keys/{key[0].id}", {"scopes": ["projects:read"]})
    assert refusal_of(caller.get(CLIENTS))[2] == "scope_missing"
    assert caller.get("/api/v1/projects").status_code == 200


def test_a_token_lives_15_minutes(key: tuple[ApiKey, str]) -> None:
    token = granted(key).json()["access_token"]
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1), tick=False):
        assert with_key(token).get(CLIENTS).json()["code"] == "TOKEN_EXPIRED"


def test_addresses_of_the_key_hold_for_asking_and_for_using(
    owner: Membership, account: Membership
) -> None:
    row, text = make_key(owner, service=account, addresses=["203.0.113.0/24"])
    body = {"grant_type": "client_credentials"}
    assert asked(body, basic(str(row.id), text)).json()["error"] == "invalid_client"
    near = asked(body, basic(str(row.id), text), REMOTE_ADDR="203.0.113.9")
    token = near.json()["access_token"]
    assert with_key(token).get(CLIENTS, REMOTE_ADDR="203.0.113.9").status_code == 200
    answer = with_key(token).get(CLIENTS)
    assert refusal_of(answer) == (403, "PERMISSION_DENIED", "address_not_allowed")


def test_the_token_counts_in_the_bucket_of_its_key(key: tuple[ApiKey, str]) -> None:
    token = granted(key).json()["access_token"]
    assert with_key(token).get(CLIENTS)["RateLimit-Limit"] == "1200"
    remaining = [
        int(with_key(bearer).get(CLIENTS)["RateLimit-Remaining"]) for bearer in (token, key[1])
    ]
    assert remaining[1] == remaining[0] - 1


@pytest.mark.parametrize("path", ["/api/clients", "/api/notifications"])
def test_the_old_face_takes_no_tokens_of_machines(path: str, key: tuple[ApiKey, str]) -> None:
    token = granted(key).json()["access_token"]
    assert with_key(token).get("/api/v1/clients").status_code == 200
    assert with_key(token).get(path).status_code == 401


def test_a_grant_is_recorded(owner: Membership, key: tuple[ApiKey, str]) -> None:
    granted(key)
    assert [event.kind for event in events_of(owner)][-1] == "user.signed_in"


def test_the_key_of_a_person_gets_no_token(owner: Membership) -> None:
    answer = granted(make_key(owner))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_wrong_credentials_read_alike(
    owner: Membership, account: Membership, key: tuple[ApiKey, str]
) -> None:
    row, text = key
    other, other_text = make_key(owner, service=account)
    body = {"grant_type": "client_credentials"}
    pairs = [
        (str(row.id), text[:-1]), (str(row.id), other_text), (str(other.id), text),
        ("", text), ("nobody", "x"), (str(account.user_id), text), (str(row.id), ""), ("é", "ü"),
    ]  # fmt: skip
    answers = [asked(body, basic(name, secret)) for name, secret in pairs]
    assert {(a.status_code, a.content, a["WWW-Authenticate"]) for a in answers} == {
        (401, answers[0].content, answers[0]["WWW-Authenticate"])
    }
    assert answers[0].json()["error"] == "invalid_client"
    assert answers[0]["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ({"grant_type": "client_credentials", "scope": "x" * 2001}, "invalid_request"),
        ({"grant_type": "client_credentials", "client_id": "a"}, "invalid_request"),
    ],
)
def test_wrong_requests_have_the_words_of_the_standard(
    body: Any, error: str, key: tuple[ApiKey, str]
) -> None:
    answer = asked(body, basic(str(key[0].id), key[1]))
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert set(answer.json()) == {"error", "error_description"}


def test_credentials_in_the_address_do_not_count(key: tuple[ApiKey, str]) -> None:
    row, text = key
    query = f"?grant_type=client_credentials&client_id={row.id}&client_secret={text}"
    answer = Api().generic("POST", URL + query, "", content_type=FORM)
    assert answer.status_code == 400


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer x"])
def test_a_broken_header_is_no_client(header: str, db: None) -> None:
    answer = asked({"grant_type": "client_credentials"}, header)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_only_forms_and_only_posts_are_taken(key: tuple[ApiKey, str]) -> None:
    sent = Api().post(URL, {"grant_type": "client_credentials"}, format="json")
    assert (sent.status_code, sent.json()["error"]) == (400, "invalid_request")
    assert Api().get(URL).status_code == 405


def test_guessing_is_held_back(settings: Any, db: None) -> None:
    settings.ANONYMOUS_RATE = "3/d"
    body = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
    statuses = [asked(body).status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
