"""What all routes of the old face share: unknown routes, bodies, refusals, headers (P40)."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.money import Money
from apps.node_api.shapes.columns import NO_DECIMALS, THREE_DECIMALS
from tests.conftest import Api
from tests.node_api.old import begin_project, furnish, node


@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete"])
def test_an_unknown_route_has_two_shapes(method: str, db: None) -> None:
    answer = getattr(Api(), method)("/api/no-such-route")
    assert answer.status_code == 404
    if method == "get":
        assert answer.json()["error"] == answer.json()["message"] == "API endpoint not found"
    elif method != "head":
        assert answer.json()["error"] == {"message": "API endpoint not found", "status": 404}


def test_an_unknown_route_of_the_versioned_face_keeps_its_own_shape(db: None) -> None:
    for path in ("/api/v1/no-such-route", "/api/v1"):
        body = Api().get(path).json()
        assert body["code"] == "NOT_FOUND"


def test_a_slash_at_the_end_is_not_redirected(owner: Membership) -> None:
    assert node(owner).get("/api/projects/").status_code == 200
    assert node(owner).post("/api/auth/logout/").status_code == 200


def test_health_needs_no_token_and_no_table(db: None) -> None:
    answer = Api().get("/api/health")
    assert answer.json()["status"] == "OK"
    assert answer.json()["environment"] == "test"
    assert answer.json()["timestamp"].endswith("Z")


@pytest.mark.parametrize("raw", ["{bad json", "[]", '"text"', "\xff", '{"a": 1e999}'])
def test_a_body_that_is_no_object_is_400(raw: str, owner: Membership) -> None:
    answer = node(owner).generic("POST", "/api/projects", raw, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == 400
    assert isinstance(answer.json()["message"], str)


def test_an_empty_body_with_a_json_type_is_no_fault(owner: Membership) -> None:
    answer = node(owner).generic("POST", "/api/auth/logout", "", content_type="application/json")
    assert answer.status_code == 200


def test_a_form_body_is_read_too(owner: Membership, client_a: Client) -> None:
    body = f"name=From+a+form&client_id={client_a.id}&deadline=&budget="
    answer = node(owner).generic(
        "POST", "/api/projects", body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 201
    assert answer.json()["project"]["name"] == "From a form"


def test_a_body_of_more_than_ten_megabytes_is_413(owner: Membership) -> None:
    big = '{"name": "' + "x" * (10 * 1024 * 1024) + '"}'
    answer = node(owner).generic("POST", "/api/projects", big, content_type="application/json")
    assert answer.status_code == 413
    fits = '{"name": "' + "x" * (2 * 1024 * 1024) + '"}'
    answer = node(owner).generic("POST", "/api/projects", fits, content_type="application/json")
    assert answer.status_code == 400  # read whole: the name is too long, and no client is named


def test_every_detail_has_both_spellings(owner: Membership) -> None:
    answer = node(owner).post("/api/projects", {"name": "", "client_id": "1", "status": "bogus"})
    assert answer.status_code == 400
    body = answer.json()
    assert body["error"] == body["message"] == "Validation failed"
    assert {detail["path"] for detail in body["details"]} == {"name", "client_id", "status"}
    for detail in body["details"]:
        assert detail["field"] == detail["path"]
        assert detail["message"] == detail["msg"]
        assert detail["type"] == "field"
        assert detail["location"] == "body"


@pytest.mark.parametrize("value", ["1", "2", "abc", "00000000", "%00"])
@pytest.mark.parametrize("area", ["projects", "clients", "files", "invoices"])
def test_the_constant_ids_of_the_old_forms_are_400(
    area: str, value: str, owner: Membership
) -> None:
    answer = node(owner).get(f"/api/{area}/{value}")
    assert answer.status_code == 400
    assert isinstance(answer.json()["message"], str)


def test_security_headers_let_a_page_of_our_own_frame_a_document(
    owner: Membership, alice: Membership, client_a: Client
) -> None:
    studio = furnish(owner, alice, client_a)
    answer = node(alice).get(f"/api/files/{studio.file.id}/preview")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "no-referrer"


def test_the_limit_counts_per_person_and_is_announced(owner: Membership) -> None:
    answer = node(owner).get("/api/projects")
    assert answer["RateLimit-Policy"] == "300;w=60"
    assert answer["RateLimit-Limit"] == "300"
    assert int(answer["RateLimit-Remaining"]) < 300


def test_a_used_up_limit_is_429_in_plain_text(owner: Membership) -> None:
    organization = owner.organization
    organization.settings["apis"] = {"rateLimit": {"tier": "custom", "limits": {"api": "2/d"}}}
    organization.save(update_fields=["settings"])
    client = node(owner)
    statuses = [client.get("/api/projects").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    answer = client.get("/api/projects")
    assert answer["Content-Type"].startswith("text/plain")
    assert int(answer["Retry-After"]) > 0


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_free_text_comes_back_as_it_was_sent(
    text: str, owner: Membership, client_a: Client
) -> None:
    name = f"x{text}x"
    body = {"name": name, "client_id": str(client_a.id), "description": name}
    made = node(owner).post("/api/projects", body)
    assert made.status_code == 201, made.content
    assert made.json()["project"]["name"] == name
    assert made.json()["project"]["description"] == name


@pytest.mark.parametrize(
    "text",
    ["DROP TABLE users; --", "<b>bold</b> & `ls` $(id)", "SELECT 'a'\nCREATE | EXEC", "100%"],
)
def test_sql_words_and_markup_are_text(text: str, owner: Membership, client_a: Client) -> None:
    body = {"name": text, "client_id": str(client_a.id), "description": text, "timeline": text}
    project = node(owner).post("/api/projects", body).json()["project"]
    assert (project["name"], project["description"], project["timeline"]) == (text,) * 3
    listed = node(owner).get("/api/projects", {"search": text}).json()
    assert [row["name"] for row in listed["projects"]] == [text]


@pytest.mark.parametrize(("currency", "shown"), [("EUR", 12.34), ("JPY", 1234), ("KWD", 1.234)])
def test_amounts_have_the_decimals_of_their_currency(
    currency: str, shown: Any, owner: Membership, client_a: Client
) -> None:
    begin_project(owner, client_a, budget=Money(1234, currency))
    [row] = node(owner).get("/api/projects").json()["projects"]
    assert row["budget"] == shown
    assert row["budget_amount"] == str(Money(1234, currency).major())


def test_the_lists_of_currencies_without_cents_are_not_empty() -> None:
    assert {"JPY", "KRW"} <= set(NO_DECIMALS)
    assert {"KWD", "BHD"} <= set(THREE_DECIMALS)
