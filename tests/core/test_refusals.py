"""Whatever is wrong with a request, the answer is the envelope with the right code (P28, R147)."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client as HttpClient

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.errors import STATUS_OF, DomainError
from tests.conftest import access_token, api, keyed

URL = "/api/v1/clients"
KEYS = {"success", "error", "code", "message", "details", "request_id"}


def bearer(person: Membership) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token(person)}"}


def send(person: Membership, body: bytes, kind: str = "application/json", **headers: str) -> Any:
    return HttpClient().post(
        URL, data=body, content_type=kind, headers=bearer(person) | keyed() | headers
    )


def test_p25_a_success_has_the_envelope(owner: Membership, client_a: Client) -> None:
    """P26: the time of the server is in the body and in the header."""
    answer = api(owner).get(f"{URL}/{client_a.id}")
    body = answer.json()
    assert set(body) == {"success", "data", "message", "meta"}
    assert (body["success"], body["message"]) == (True, "")
    assert set(body["meta"]) == {"pagination", "timing", "request_id"}
    assert body["meta"]["timing"]["duration_ms"] >= 0
    assert answer["Server-Timing"].startswith("app;dur=")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "MALFORMED_REQUEST"),
        (b'{"name": "x"', "MALFORMED_REQUEST"),
        (b"\xff\xfe", "MALFORMED_REQUEST"),
        (b'{"name": "\xc3\x28"}', "MALFORMED_REQUEST"),
        (b'{"name": "\\ud800"}', "MALFORMED_REQUEST"),
        (b'{"name": NaN}', "MALFORMED_REQUEST"),
        (b"[" * 2000, "MALFORMED_REQUEST"),
        (b'{"name": "a\\u0000b"}', "VALIDATION_ERROR"),
        (b'{"name": ""}', "VALIDATION_ERROR"),
        (b'{"name": null}', "VALIDATION_ERROR"),
        (b'{"name": {"a": 1}}', "VALIDATION_ERROR"),
        (b'{"name": "x", "surprise": 1}', "VALIDATION_ERROR"),
        (b'{"name": "x", "organization_id": "1"}', "VALIDATION_ERROR"),
        (b"[]", "VALIDATION_ERROR"),
        (b'"text"', "VALIDATION_ERROR"),
        (b"", "VALIDATION_ERROR"),
        (b"null", "VALIDATION_ERROR"),
    ],
)
def test_a_bad_body_is_refused_and_leaves_nothing(
    owner: Membership, body: bytes, code: str
) -> None:
    answer = send(owner, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert set(answer.json()) == KEYS
    assert api(owner).get(URL).json()["data"] == []


def test_p28_each_wrong_field_is_named_with_its_fault(owner: Membership) -> None:
    answer = send(owner, b'{"email": "nonsense", "currency": "EURO"}').json()
    found = {fault["field"]: fault["code"] for fault in answer["details"]}
    assert found["name"] == "required"
    assert set(found) == {"name", "email", "currency"}


def test_a_body_above_the_limit_is_413_before_it_is_read(owner: Membership) -> None:
    answer = send(owner, b'{"name": "' + b"x" * 10_000_000 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert answer.json()["details"]["limit_bytes"] == 1024 * 1024


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "nonsense"])
def test_another_content_type_is_415(owner: Membership, kind: str) -> None:
    assert send(owner, b"{}", kind).status_code == 415


def test_r32_any_text_is_stored_and_returned_unchanged(owner: Membership) -> None:
    for text in ("O'Brien; DROP TABLE --", "<b>bold</b>", "🙂 שלום %s {} \\n", "a" * 200):
        made = api(owner).post(URL, {"name": text}).json()
        assert made["data"]["name"] == text


@pytest.mark.parametrize(
    "path",
    ["/api/v1/nothing", "/api/v1/clients/nonsense", "/api/v1/", "/api/v1/clients/../users/x"],
)
def test_an_unknown_route_has_the_envelope(db: None, path: str) -> None:
    answer = HttpClient().get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert set(answer.json()) == KEYS


def test_p11_a_foreign_id_answers_like_one_that_does_not_exist(
    mallory: Membership, client_a: Client
) -> None:
    answers = [api(mallory).get(f"{URL}/{pk}") for pk in (client_a.id, uuid4())]
    bodies = [answer.json() for answer in answers]
    for body in bodies:
        body.pop("request_id")
    assert [answer.status_code for answer in answers] == [404, 404]
    assert bodies[0] == bodies[1]


def test_a_wrong_method_is_405_with_the_envelope(owner: Membership) -> None:
    answer = api(owner).delete(URL)
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")


def test_without_a_token_each_method_is_401(db: None) -> None:
    for method in ("get", "post", "put", "patch", "delete"):
        answer = getattr(HttpClient(), method)(URL)
        assert (answer.status_code, answer.json()["code"]) == (401, "AUTHENTICATION_REQUIRED")
        assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic x", "Bearer a b", "Bearer \x01"]
)
def test_an_odd_authorization_header_is_401(db: None, header: str) -> None:
    assert HttpClient().get(URL, headers={"Authorization": header}).status_code == 401


def test_an_answer_that_cannot_be_accepted_is_406(owner: Membership) -> None:
    answer = api(owner).post(URL, {"name": "x"}, headers={"Accept": "application/xml"})
    assert (answer.status_code, answer.json()["code"]) == (406, "NOT_ACCEPTABLE")


def test_x20_a_slash_at_the_end_answers_the_same(owner: Membership) -> None:
    client = api(owner)
    made = client.post(f"{URL}/", {"name": "Acme"})
    assert made.status_code == 201
    url = f"{URL}/{made.json()['data']['id']}"
    assert client.get(f"{url}/").json()["data"] == client.get(url).json()["data"]
    assert client.patch(f"{url}/", {"name": "Acme 2"}).status_code == 200


def test_p38_a_request_id_is_echoed_and_a_wrong_one_replaced(owner: Membership) -> None:
    mine = str(uuid4())
    answer = api(owner).get(URL, headers={"X-Request-ID": mine})
    assert answer["X-Request-ID"] == answer.json()["meta"]["request_id"] == mine
    other = api(owner).get(URL, headers={"X-Request-ID": "nonsense\r\nx: y"})
    assert len(other["X-Request-ID"]) == 36


def test_a_crash_is_a_500_without_internals(
    owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("secret internals")

    monkeypatch.setattr("apps.core.lists.read_page", crash)
    client = HttpClient(raise_request_exception=False)
    answer = client.get(URL, headers=bearer(owner))
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert b"secret" not in answer.content
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def domain_errors(base: type[DomainError] = DomainError) -> list[type[DomainError]]:
    return [base, *[found for sub in base.__subclasses__() for found in domain_errors(sub)]]


def test_p29_every_refusal_has_a_code_of_the_closed_list() -> None:
    assert [error.__name__ for error in domain_errors() if error.code not in STATUS_OF] == []


def test_r147_each_code_is_documented_once_with_its_status() -> None:
    page = (settings.BASE_DIR / "docs/reference/errors.md").read_text()
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|$", page, re.MULTILINE)
    assert len(rows) == len(STATUS_OF)
    assert {code: int(status) for code, status in rows} == STATUS_OF


def test_security_headers_stand_on_every_answer(owner: Membership) -> None:
    for answer in (api(owner).get(URL), HttpClient().get("/api/v1/nothing"), HttpClient().get("/")):
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
    assert json.dumps(dict(api(owner).get(URL).headers))
