"""Origins, limits, optional parts and time limits, as the settings say (P19, P18, P112, P116)."""

from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path as route

from apps.accounts.models import Membership, Session
from apps.core import sites
from apps.core.actors import Actor
from apps.core.api import ApiView
from apps.core.lists import ListView, ReadView
from portal.environment import limit_statements
from tests.conftest import access_token, api
from tests.names import NameServer
from tests.organizations.test_domains import HOST, verified

CONFIG = "/api/v1/organization/config"
APP = "https://app.north.example"


def patched(person: Membership, **changes: Any) -> None:
    answer = api(person).patch(CONFIG, changes)
    assert answer.status_code == 200, answer.json()
    sites.forget_sites()  # a test's transaction does not commit, so nothing was forgotten for it


# -- other origins (P19) ----------------------------------------------------------------------


def asked(origin: str, host: str = "testserver", method: str = "PATCH") -> HttpResponse:
    headers = {"Host": host, "Origin": origin, "Access-Control-Request-Method": method}
    return api(None).options("/api/v1/clients", headers=headers)


def test_p19_an_allowed_origin_may_ask_and_read(owner: Membership) -> None:
    patched(owner, security={"allowed_origins": [APP]})
    answer = asked(APP)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == APP
    assert "PATCH" in answer["Access-Control-Allow-Methods"]
    assert {"Authorization", "If-Match"} <= set(answer["Access-Control-Allow-Headers"].split(", "))
    client = api(owner)
    for _twice in range(2):  # the second read takes the short way
        read = client.get("/api/v1/clients", headers={"Origin": APP})
        assert (read.status_code, read["Access-Control-Allow-Origin"]) == (200, APP)
        assert "ETag" in read["Access-Control-Expose-Headers"]
        assert "Origin" in read["Vary"]
    refused = api(None).get("/api/v1/clients", headers={"Origin": APP})
    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (401, APP)


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "*", f"{APP}.evil.example", "http://app.north.example",
     f"{APP}:8443", APP.upper()],
)  # fmt: skip
def test_p19_another_origin_gets_nothing(owner: Membership, origin: str) -> None:
    patched(owner, security={"allowed_origins": [APP]})
    for answer in (asked(origin), api(owner).get("/api/v1/clients", headers={"Origin": origin})):
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
        assert "Origin" in answer["Vary"]


def test_p19_no_wildcard_and_no_credentials_of_the_browser(owner: Membership) -> None:
    assert api(owner).patch(CONFIG, {"security": {"allowed_origins": ["*"]}}).status_code == 400
    patched(owner, security={"allowed_origins": [APP]})
    read = api(owner).get("/api/v1/clients", headers={"Origin": APP})
    assert read["Access-Control-Allow-Origin"] != "*"
    assert "Access-Control-Allow-Credentials" not in read


def test_p19_each_organization_has_its_own_list(
    owner: Membership, mallory: Membership, name_server: NameServer
) -> None:
    verified(owner, name_server)
    verified(mallory, name_server, "portal.south.example")
    patched(owner, security={"allowed_origins": [APP]})
    assert "Access-Control-Allow-Origin" in asked(APP, HOST)
    assert "Access-Control-Allow-Origin" not in asked(APP, "portal.south.example")


@pytest.mark.parametrize("path", ["/", "/health", "/api/me", "/admin/login/", "/api/v1"])
def test_p19_only_the_versioned_api_answers_other_origins(owner: Membership, path: str) -> None:
    patched(owner, security={"allowed_origins": [APP]})
    answer = api(None).get(path, headers={"Origin": APP})
    assert "Access-Control-Allow-Origin" not in answer


# -- limits (P18, P112) -----------------------------------------------------------------------


def test_p112_a_tier_holds_at_once_whatever_the_document_says_of_others(owner: Membership) -> None:
    client = api(owner)
    limits = {"api": "300/m", "api_key": "1200/m"}
    for tier, limit in (("free", "100"), ("premium", "1200"), ("standard", "300")):
        patched(owner, apis={"rateLimit": {"tier": tier, "limits": limits}})
        assert client.get("/api/v1/users/me")["RateLimit-Limit"] == limit


def test_p112_custom_limits_are_the_documents_own(owner: Membership) -> None:
    refused = api(owner).patch(CONFIG, {"apis": {"rateLimit": {"tier": "custom"}}})
    assert refused.json()["details"][0]["field"] == "apis.rateLimit.limits.api"
    patched(owner, apis={"rateLimit": {"tier": "custom", "limits": {"api": "77/m"}}})
    assert api(owner).get("/api/v1/users/me")["RateLimit-Limit"] == "77"


def test_p18_the_hosts_tenant_limits_callers_without_a_credential(owner: Membership) -> None:
    patched(owner, apis={"rateLimit": {"limits": {"anonymous": "2/d"}}})
    body = {"email": "a@example.com", "password": "x"}
    answers = [api(None).post("/api/v1/auth/login", body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert {answer["RateLimit-Limit"] for answer in answers} == {"2"}


def test_p18_the_documents_number_of_failed_sign_ins_holds(owner: Membership) -> None:
    patched(owner, apis={"rateLimit": {"limits": {"auth": "2/15m"}}})
    body = {"email": owner.user.email, "password": "wrong"}
    statuses = [api(None).post("/api/v1/auth/login", body).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]


def test_p18_every_answer_announces_the_limit(owner: Membership) -> None:
    token = {"Authorization": f"Bearer {access_token(owner)}"}
    for path, headers, status in (
        ("users/me", token, 200), ("users/me", {}, 401), ("nowhere", {}, 404),
        ("nowhere", token, 404), ("users/me", {"Authorization": "Bearer x"}, 401),
        ("clients?colour=red", token, 400), ("bootstrap", {}, 200),
    ):  # fmt: skip
        answer = api(None).get(f"/api/v1/{path}", headers=headers)
        assert answer.status_code == status
        for name in ("Limit", "Remaining", "Reset"):
            assert answer[f"RateLimit-{name}"].isdigit(), (path, name)


def test_a_person_with_an_old_token_does_not_use_up_his_address(db: None, settings: Any) -> None:
    settings.ANONYMOUS_RATE = "2/d"
    for _ in range(5):
        api(None).get("/api/v1/users/me", headers={"Authorization": "Bearer old"})
    body = {"email": "a@example.com", "password": "x"}
    assert api(None).post("/api/v1/auth/login", body).status_code == 401


# -- optional parts (P116, R143) ---------------------------------------------------------------


class OrdersRead(ReadView[Session]):
    feature = "orders"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a read."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        return HttpResponse("{}")


class OrdersList(ListView[Session]):
    feature = "orders"
    from apps.accounts.serializers import SessionSerializer as serializer_class  # noqa: N813

    def visible(self, actor: Actor, **parents: Any) -> Any:
        return Session.objects.visible_to(actor)


class OrdersPost(ApiView[Session]):
    feature = "orders"

    def post(self, request: Any) -> Any:
        """Answer a write."""
        return HttpResponse("{}")


urlpatterns = [
    route("api/v1/read", OrdersRead.as_view()),
    route("api/v1/list", OrdersList.as_view()),
    route("api/v1/post", OrdersPost.as_view()),
]
handler404 = "portal.pages.not_found"


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("method", "path"), [("get", "read"), ("get", "list"), ("post", "post")])
def test_p116_the_routes_of_a_part_that_is_off_are_not_there(
    owner: Membership, method: str, path: str
) -> None:
    client, url = api(owner), f"/api/v1/{path}"
    unknown = getattr(client, method)("/api/v1/nowhere")
    for is_on, status in ((False, 404), (True, 200), (False, 404)):
        owner.organization.settings["features"] = {"orders": is_on}
        owner.organization.save(update_fields=["settings"])
        for _twice in range(2):
            answer = getattr(client, method)(url)
            assert answer.status_code == status
    assert answer.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


def test_p116_bootstrap_names_only_what_is_on(owner: Membership, alice: Membership) -> None:
    assert api(alice).get("/api/v1/bootstrap").json()["data"]["features"] == []
    patched(owner, features={"orders": True})
    for person in (None, alice):
        assert api(person).get("/api/v1/bootstrap").json()["data"]["features"] == ["orders"]


def test_bootstrap_shows_a_person_his_own_organization(
    owner: Membership, mallory: Membership
) -> None:
    found = api(mallory).get("/api/v1/bootstrap").json()["data"]
    assert found["organization"]["name"] == "South"
    assert set(found) == {"organization", "branding", "features", "locale", "sign_in"}


# -- time limits ---------------------------------------------------------------------------------


class Slow(ReadView[Session]):
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sleep in the database."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 50")
            cursor.execute("SELECT pg_sleep(20)")
        return HttpResponse()


urlpatterns.append(route("api/v1/slow", Slow.as_view()))


@pytest.mark.urls(__name__)
def test_a_statement_that_takes_too_long_is_503(owner: Membership) -> None:
    answer = api(owner).get("/api/v1/slow")
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert answer.json()["details"] == {"rule": "statement_timeout"}
    assert answer["Retry-After"]
    assert api(owner).get("/api/v1/slow").status_code == 503


def test_web_processes_ask_postgresql_for_the_limit() -> None:
    database: dict[str, Any] = {"OPTIONS": {"options": "-c work_mem=8MB"}}
    limit_statements(database, 15)
    assert database["OPTIONS"]["options"] == "-c work_mem=8MB -c statement_timeout=15000"
    unlimited: dict[str, Any] = {"OPTIONS": {}}
    limit_statements(unlimited, 0)
    assert unlimited == {"OPTIONS": {}}


def test_r33_cookies_are_closed(settings: Any) -> None:
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.CSRF_COOKIE_HTTPONLY
    assert (settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SAMESITE) == ("Lax", "Lax")
