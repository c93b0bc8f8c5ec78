"""Signing in with OpenID Connect, against a provider that runs here (P14, R20)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import urlsplit

import httpx
import pytest
import time_machine
from django.db import connection

from apps.accounts.models import ExternalIdentity, Session, SignOn
from apps.accounts.providers import calls
from apps.core import clock
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from simulators.oidc import OidcSimulator, Person
from tests.accounts.sso import (
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
from tests.conftest import api, events_of
from tests.factories import make_organization

PAT = Person("p-1", "pat@client.example", True, "Pat", "Person")


@pytest.fixture
def provider() -> Iterator[OidcSimulator]:
    with OidcSimulator() as simulator:
        simulator.person = PAT
        yield simulator


@pytest.fixture
def north(organization: Organization, provider: OidcSimulator) -> Organization:
    with_providers(organization, oauth_entry(provider))
    return organization


# -- the way there and back -------------------------------------------------------------------


def test_p14_a_person_signs_in_with_his_company(north: Organization) -> None:
    data = signed_in(sign_on(north))
    assert data["user"]["email"] == "pat@client.example"
    assert (data["user"]["first_name"], data["user"]["role"]) == ("Pat", "client")
    assert Session.objects.get(user_id=data["user"]["id"]).method == "oauth"


def test_p14_the_request_holds_state_nonce_and_a_challenge(north: Organization) -> None:
    asked = query_of(
        start(api(None), "company", email="pat@client.example").json()["data"]["authorization_url"]
    )
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["scope"] == "openid email profile"
    assert asked["redirect_uri"] == f"http://testserver/sso/{north.slug}/company/callback"
    assert asked["login_hint"] == "pat@client.example"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


def test_p14_each_start_has_secrets_of_its_own_and_the_table_none(north: Organization) -> None:
    asked = [
        query_of(start(api(None), "company").json()["data"]["authorization_url"]) for _ in range(2)
    ]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
    with organization_scope(north.id):
        stored = str(list(SignOn.objects.values()))
    assert asked[0]["state"] not in stored
    assert asked[0]["nonce"] not in stored


def test_p14_the_cookie_of_a_start_is_out_of_reach_of_scripts(north: Organization) -> None:
    begun = start(api(None), "company")
    (cookie,) = begun.cookies.values()
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert 0 < cookie["max-age"] <= 600


@pytest.mark.parametrize("methods", [["client_secret_basic"], ["client_secret_post"]])
def test_p14_the_secret_goes_as_the_provider_wants_it(
    north: Organization, provider: OidcSimulator, methods: list[str]
) -> None:
    provider.methods = methods
    signed_in(sign_on(north))
    assert ("client_secret" in provider.told.forms[-1]) == (methods == ["client_secret_post"])


def test_p14_a_public_client_has_pkce_alone(
    organization: Organization, provider: OidcSimulator
) -> None:
    provider.client_secret = ""
    with_providers(organization, oauth_entry(provider, client_secret=None))
    signed_in(sign_on(organization))


def test_p14_a_lean_token_is_completed_at_the_user_endpoint(
    north: Organization, provider: OidcSimulator
) -> None:
    provider.lean = True
    assert signed_in(sign_on(north))["user"]["email"] == "pat@client.example"
    provider.person, provider.fault = Person("p-2", "kim@client.example"), "other_subject"
    assert rule_of(sign_on(north)) == (401, "TOKEN_INVALID", "subject")


def test_p14_the_second_time_is_the_same_person_whatever_his_mail_says(
    north: Organization, provider: OidcSimulator
) -> None:
    first = signed_in(sign_on(north))
    provider.person = Person("p-1", "someone-else@client.example")
    again = signed_in(sign_on(north))
    assert first["user"]["id"] == again["user"]["id"]
    assert again["user"]["email"] == "pat@client.example"
    with organization_scope(north.id):
        identity = ExternalIdentity.objects.get()
    assert (identity.system, identity.external_id) == (provider.issuer, "p-1")


# -- keys -------------------------------------------------------------------------------------


def test_p14_keys_are_remembered_and_rotation_works_at_once(
    north: Organization, provider: OidcSimulator
) -> None:
    signed_in(sign_on(north))
    signed_in(sign_on(north))
    assert provider.told.key_requests == 1
    provider.rotate("second")
    signed_in(sign_on(north))
    provider.rotate("third", "EC")
    signed_in(sign_on(north))
    assert provider.told.key_requests == 3


def test_p14_unknown_key_ids_cannot_make_us_ask_for_ever(
    north: Organization, provider: OidcSimulator
) -> None:
    signed_in(sign_on(north))
    provider.fault = "unknown_kid"
    for _ in range(10):
        assert rule_of(sign_on(north)) == (401, "TOKEN_INVALID", "unknown_key")
    assert provider.told.key_requests <= 7


# -- proofs that are no good ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code", "rule"),
    [
        ("wrong_nonce", "TOKEN_INVALID", "nonce"),
        ("no_nonce", "TOKEN_INVALID", "claim_missing"),
        ("wrong_audience", "TOKEN_INVALID", "audience"),
        ("wrong_azp", "TOKEN_INVALID", "audience"),
        ("wrong_issuer", "TOKEN_INVALID", "issuer"),
        ("expired", "TOKEN_EXPIRED", "expired"),
        ("not_yet_valid", "TOKEN_INVALID", "not_yet_valid"),
        ("alg_none", "TOKEN_INVALID", "algorithm"),
        ("hs256_public_key", "TOKEN_INVALID", "algorithm"),
        ("unknown_kid", "TOKEN_INVALID", "unknown_key"),
        ("foreign_signature", "TOKEN_INVALID", "signature"),
        ("no_id_token", "TOKEN_INVALID", "malformed"),
    ],
)
def test_p14_a_wrong_token_is_refused_with_its_reason(
    north: Organization, provider: OidcSimulator, fault: str, code: str, rule: str
) -> None:
    provider.fault = fault
    assert rule_of(sign_on(north)) == (401, code, rule)
    assert not Session.objects.exists()
    last = events_of(north)[-1]
    assert (last.kind, rule in last.data) == ("user.sign_in_failed", True)


@pytest.mark.parametrize(
    ("ahead", "is_good"), [(50, True), (70, False), (-350, True), (-370, False)]
)
def test_p14_clocks_may_differ_by_a_minute(
    north: Organization, provider: OidcSimulator, ahead: int, is_good: bool
) -> None:
    """A token lives 300 seconds: one of a clock that is 350 behind ended 50 seconds ago."""
    provider.clock_seconds = ahead
    assert (sign_on(north).status_code == 302) == is_good


def test_p14_a_state_of_our_own_making_is_needed(north: Organization) -> None:
    browser = api(None)
    back = at_provider(start(browser, "company"))
    place = urlsplit(back).path
    state = query_of(back)["state"]
    for wrong in ("", "x", state[:-4] + "AAAA", "ü", "\x00", state + "&state="):
        answer = browser.get(place, {"code": "c", "state": wrong})
        assert rule_of(answer) == (401, "TOKEN_INVALID", "state")


def test_p14_another_browser_cannot_finish_and_does_not_spoil_it(north: Organization) -> None:
    """Sign-in forgery: the victim's browser opens the attacker's callback."""
    browser = api(None)
    back = at_provider(start(browser, "company"))
    assert rule_of(came_back(api(None), back)) == (401, "TOKEN_INVALID", "browser")
    signed_in(came_back(browser, back))


def test_p14_a_callback_works_once(north: Organization) -> None:
    browser = api(None)
    back = at_provider(start(browser, "company"))
    cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
    signed_in(came_back(browser, back))
    for name, value in cookies.items():
        browser.cookies[name] = value
    assert rule_of(came_back(browser, back)) == (410, "GONE", "sign_on_gone")


def test_p14_a_start_lives_ten_minutes(north: Organization) -> None:
    browser = api(None)
    back = at_provider(start(browser, "company"))
    with time_machine.travel(clock.now() + timedelta(minutes=10, seconds=1), tick=False):
        assert rule_of(came_back(browser, back)) == (410, "GONE", "sign_on_gone")


@pytest.mark.django_db(transaction=True)
def test_p14_of_two_callbacks_at_once_one_wins(north: Organization) -> None:
    browser = api(None)
    back = urlsplit(at_provider(start(browser, "company")))
    cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
    together = Barrier(2)

    def tab(_number: int) -> int:
        one = api(None)
        for name, value in cookies.items():
            one.cookies[name] = value
        together.wait()
        try:
            return int(one.get(f"{back.path}?{back.query}").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as tabs:
        assert sorted(tabs.map(tab, range(2))) == [302, 410]


@pytest.mark.django_db(transaction=True)
def test_p14_two_first_sign_ins_at_once_make_one_person(north: Organization) -> None:
    def tab(_number: int) -> str:
        try:
            return str(signed_in(sign_on(north))["user"]["id"])
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as tabs:
        assert len(set(tabs.map(tab, range(3)))) == 1


def test_p14_a_stolen_code_is_worth_nothing_without_its_verifier(north: Organization) -> None:
    """PKCE: a code that was meant for one sign-in is put into another."""
    thief, victim = api(None), api(None)
    stolen = query_of(at_provider(start(victim, "company")))["code"]
    mine = at_provider(start(thief, "company"))
    place, query = urlsplit(mine).path, query_of(mine) | {"code": stolen}
    assert rule_of(thief.get(place, query)) == (401, "TOKEN_INVALID", "code")


def test_p14_a_person_who_declines_is_told_so(north: Organization) -> None:
    browser = api(None)
    back = at_provider(start(browser, "company"))
    told = query_of(back)
    answer = browser.get(
        urlsplit(back).path,
        {"error": "access_denied", "state": told["state"], "iss": told["iss"]},
    )
    assert rule_of(answer) == (401, "INVALID_CREDENTIALS", "declined")
    assert "You are not signed in" in answer.content.decode()


# -- two providers, two organizations ---------------------------------------------------------


def test_p14_the_answer_of_one_provider_is_none_of_another(
    north: Organization, provider: OidcSimulator
) -> None:
    """Mix-up: state and place of one provider, code and `iss` of the other (RFC 9207)."""
    with OidcSimulator() as hostile:
        hostile.person = Person("p-1", "pat@client.example")
        with_providers(
            north, oauth_entry(provider), oauth_entry(hostile, name="hostile", domains=[])
        )
        browser = api(None)
        honest = at_provider(start(browser, "company"))
        foreign = at_provider(start(browser, "hostile"))
        mixed = query_of(honest) | {"iss": query_of(foreign)["iss"]}
        answer = browser.get(urlsplit(honest).path, mixed)
        assert rule_of(answer) == (401, "TOKEN_INVALID", "issuer")
        answer = browser.get(urlsplit(foreign).path, query_of(honest))
        assert rule_of(answer) == (401, "TOKEN_INVALID", "state")


def test_p14_a_subject_of_one_provider_is_nobody_at_another(
    north: Organization, provider: OidcSimulator
) -> None:
    signed_in(sign_on(north))
    with OidcSimulator() as hostile:
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
    north: Organization, provider: OidcSimulator
) -> None:
    south = make_organization("South")
    with_providers(south, oauth_entry(provider))
    browser = api(None)
    back = urlsplit(at_provider(start(browser, "company")))
    wrong = f"{back.path.replace(north.slug, south.slug)}?{back.query}"
    assert rule_of(browser.get(wrong)) == (401, "TOKEN_INVALID", "state")


# -- providers that are away ------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["error_500", "not_json", "keys_500"])
def test_a_broken_provider_is_502_and_a_kind_page(
    north: Organization, provider: OidcSimulator, fault: str
) -> None:
    provider.fault = fault
    page = sign_on(north)
    assert rule_of(page) == (502, "UPSTREAM_ERROR", "sign_on_provider")
    assert "Back to sign-in" in page.content.decode()


def test_a_slow_provider_is_504_when_the_time_is_up(
    north: Organization, provider: OidcSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = api(None)
    back = at_provider(start(browser, "company"))
    provider.fault = "slow"
    monkeypatch.setattr(calls.Caller.__init__, "__defaults__", (0.3,))
    assert rule_of(came_back(browser, back))[:2] == (504, "UPSTREAM_TIMEOUT")


def test_a_provider_that_is_away_is_502_at_the_start(organization: Organization) -> None:
    with OidcSimulator() as simulator:
        entry = oauth_entry(simulator)
    with_providers(organization, entry)
    answer = start(api(None), "company")
    assert (answer.status_code, answer.json()["code"]) == (502, "UPSTREAM_ERROR")


def test_discovery_of_another_issuer_is_not_believed(
    north: Organization, provider: OidcSimulator
) -> None:
    provider.fault = "other_discovery"
    assert start(api(None), "company").json()["code"] == "UPSTREAM_ERROR"


def test_r20_an_issuer_inside_our_network_is_not_asked(
    organization: Organization, provider: OidcSimulator, settings: object
) -> None:
    settings.WEBHOOK_ALLOW = []  # type: ignore[attr-defined]
    with_providers(organization, oauth_entry(provider))
    assert start(api(None), "company").json()["code"] == "UPSTREAM_ERROR"
    assert provider.told.key_requests == 0


def test_a_secret_in_the_document_itself_is_not_used(
    organization: Organization, provider: OidcSimulator
) -> None:
    with_providers(organization, oauth_entry(provider, client_secret="in the open"))
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


def test_the_simulator_refuses_a_wrong_client(provider: OidcSimulator) -> None:
    form = {"grant_type": "authorization_code", "code": "x", "client_id": "someone"}
    assert httpx.post(f"{provider.url}/token", data=form).status_code == 401
