"""OpenID Connect among others: mix-ups, foreign organizations, outages, redirects (P14, R20)."""

from urllib.parse import urlsplit

import httpx
import pytest

from apps.accounts.providers import calls
from apps.organizations.models import Organization
from simulators.oidc import OidcSimulator, Person
from tests.accounts.sign_on.browsing import (
    at_provider,
    came_back,
    handoff_of,
    oauth_entry,
    query_of,
    rule_of,
    sign_on,
    signed_in,
    start,
    with_providers,
)
from tests.conftest import api
from tests.factories import make_organization

# -- two providers, two organizations ---------------------------------------------------------


def test_p14_the_answer_of_one_provider_is_none_of_another(
    north: Organization, oidc: OidcSimulator
) -> None:
    """Mix-up: state and place of one provider, code and `iss` of the other (RFC 9207)."""
    with OidcSimulator() as hostile:
        hostile.client_secret = oidc.client_secret
        hostile.person = Person("p-1", "pat@client.example")
        with_providers(north, oauth_entry(oidc), oauth_entry(hostile, name="hostile", domains=[]))
        browser = api(None)
        honest = at_provider(start(browser, "company"))
        foreign = at_provider(start(browser, "hostile"))
        mixed = query_of(honest) | {"iss": query_of(foreign)["iss"]}
        answer = browser.get(urlsplit(honest).path, mixed)
        assert rule_of(answer) == (401, "TOKEN_INVALID", "issuer")
        answer = browser.get(urlsplit(foreign).path, query_of(honest))
        assert rule_of(answer) == (401, "TOKEN_INVALID", "state")


def test_p14_a_subject_of_one_provider_is_nobody_at_another(
    north: Organization, oidc: OidcSimulator
) -> None:
    signed_in(sign_on(north))
    with OidcSimulator() as hostile:
        hostile.client_secret = oidc.client_secret
        hostile.person = Person("p-1", "mallory@hostile.example")
        with_providers(north, oauth_entry(hostile, domains=["hostile.example"]))
        data = signed_in(sign_on(north))
    assert data["user"]["email"] == "mallory@hostile.example"


def test_p14_a_provider_of_another_organization_is_404(north: Organization) -> None:
    south = make_organization("South")
    assert start(api(None), "company", organization=south.slug).status_code == 404
    browser = api(None)
    back = urlsplit(at_provider(start(browser, "company")))
    wrong = f"{back.path.replace(north.slug, south.slug)}?{back.query}"
    assert rule_of(browser.get(wrong))[:2] == (404, "NOT_FOUND")


def test_a_start_in_one_organization_is_none_in_another_with_the_same_provider(
    north: Organization, oidc: OidcSimulator
) -> None:
    south = make_organization("South")
    with_providers(south, oauth_entry(oidc))
    browser = api(None)
    back = urlsplit(at_provider(start(browser, "company")))
    wrong = f"{back.path.replace(north.slug, south.slug)}?{back.query}"
    assert rule_of(browser.get(wrong)) == (401, "TOKEN_INVALID", "state")


# -- providers that are away ------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["error_500", "not_json", "keys_500"])
def test_a_broken_provider_is_502_and_a_kind_page(
    north: Organization, oidc: OidcSimulator, fault: str
) -> None:
    oidc.fault = fault
    page = sign_on(north)
    assert rule_of(page) == (502, "UPSTREAM_ERROR", "sign_on_provider")
    assert "Back to sign-in" in page.content.decode()


def test_a_slow_provider_is_504_when_the_time_is_up(
    north: Organization, oidc: OidcSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = api(None)
    back = at_provider(start(browser, "company"))
    oidc.fault = "slow"
    monkeypatch.setattr(calls.Caller.__init__, "__defaults__", (0.3,))
    assert rule_of(came_back(browser, back))[:2] == (504, "UPSTREAM_TIMEOUT")


def test_a_provider_that_is_away_is_502_at_the_start(organization: Organization) -> None:
    with OidcSimulator() as simulator:
        entry = oauth_entry(simulator, client_secret=None)
    with_providers(organization, entry)
    answer = start(api(None), "company")
    assert (answer.status_code, answer.json()["code"]) == (502, "UPSTREAM_ERROR")


def test_discovery_of_another_issuer_is_not_believed(
    north: Organization, oidc: OidcSimulator
) -> None:
    oidc.fault = "other_discovery"
    assert start(api(None), "company").json()["code"] == "UPSTREAM_ERROR"


def test_a_provider_cannot_make_the_browser_run_a_script(
    north: Organization, oidc: OidcSimulator
) -> None:
    oidc.fault = "script_endpoint"
    assert start(api(None), "company").json()["code"] == "UPSTREAM_ERROR"


def test_providers_that_hang_hold_a_few_threads_and_no_more(north: Organization) -> None:
    places = 0
    while calls._places.acquire(blocking=False):
        places += 1
    try:
        answer = start(api(None), "company")
    finally:
        calls._places.release(places)
    assert (places, answer.status_code) == (8, 503)
    assert answer.json()["code"] == "SERVICE_UNAVAILABLE"


def test_r20_an_issuer_inside_our_network_is_not_asked(
    organization: Organization, oidc: OidcSimulator, settings: object
) -> None:
    settings.WEBHOOK_ALLOW = []  # type: ignore[attr-defined]
    with_providers(organization, oauth_entry(oidc))
    assert start(api(None), "company").json()["code"] == "UPSTREAM_ERROR"
    assert oidc.told.key_requests == 0


def test_a_secret_in_the_document_itself_is_not_used(
    organization: Organization, oidc: OidcSimulator
) -> None:
    with_providers(organization, oauth_entry(oidc, client_secret="in the open"))
    assert start(api(None), "company").json()["code"] == "UPSTREAM_ERROR"


# -- where the browser may go -----------------------------------------------------------------


def test_a_sign_on_leads_back_to_the_place_that_was_wanted(north: Organization) -> None:
    answer = sign_on(north, next="/invoices/0193?status=overdue")
    assert answer["Location"].endswith("?next=%2Finvoices%2F0193%3Fstatus%3Doverdue")
    assert answer["Cache-Control"] == "no-store"
    handoff_of(answer)


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)",
        "/a//evil.example", "/a\r\nSet-Cookie: x=1", "/a\x00", "/%2f%2fevil.example", "evil",
        "/a#b", "/@evil.example", "/a?next=https://evil.example",
    ],
)  # fmt: skip
def test_a_place_outside_the_client_is_refused(north: Organization, place: str) -> None:
    answer = start(api(None), "company", next=place)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


def test_no_part_of_a_callback_becomes_a_header(north: Organization) -> None:
    browser = api(None)
    back = at_provider(start(browser, "company"))
    query = query_of(back) | {"redirect_uri": "https://evil.example", "code": "a\r\nX-Evil: 1"}
    answer = browser.get(urlsplit(back).path, query)
    assert answer.status_code == 401
    assert "X-Evil" not in answer.headers


def test_a_page_of_refusal_shows_no_words_of_the_caller(north: Organization) -> None:
    text = "<script>alert(1)</script>"
    answer = api(None).get(f"/sso/{north.slug}/company/callback", {"error": text, "state": text})
    assert text not in answer.content.decode()


@pytest.mark.parametrize("method", ["post", "put", "delete", "head"])
def test_a_callback_is_a_get_and_nothing_else(north: Organization, method: str) -> None:
    browser = api(None)
    back = at_provider(start(browser, "company"))
    answer = getattr(browser, method)(f"{urlsplit(back).path}?{urlsplit(back).query}")
    assert answer.status_code in {404, 405}
    signed_in(came_back(browser, back))


def test_the_simulator_refuses_a_wrong_client(oidc: OidcSimulator) -> None:
    form = {"grant_type": "authorization_code", "code": "x", "client_id": "someone"}
    assert httpx.post(f"{oidc.url}/token", data=form).status_code == 401
