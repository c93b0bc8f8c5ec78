"""Signing in with OpenID Connect, against a provider that runs here (P14, R20)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection

from apps.accounts.models import ExternalIdentity, Session, SignOn
from apps.core import clock
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from simulators.oidc import OidcSimulator, Person
from tests.accounts.sign_on.browsing import (
    at_provider,
    came_back,
    oauth_entry,
    query_of,
    rule_of,
    sign_on,
    signed_in,
    start,
    with_providers,
)
from tests.conftest import api, events_of

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
    north: Organization, oidc: OidcSimulator, methods: list[str]
) -> None:
    oidc.methods = methods
    signed_in(sign_on(north))
    assert ("client_secret" in oidc.told.forms[-1]) == (methods == ["client_secret_post"])


def test_p14_a_public_client_has_pkce_alone(
    organization: Organization, oidc: OidcSimulator
) -> None:
    oidc.client_secret = ""
    with_providers(organization, oauth_entry(oidc, client_secret=None))
    signed_in(sign_on(organization))


def test_p14_a_lean_token_is_completed_at_the_user_endpoint(
    north: Organization, oidc: OidcSimulator
) -> None:
    oidc.lean = True
    assert signed_in(sign_on(north))["user"]["email"] == "pat@client.example"
    oidc.person, oidc.fault = Person("p-2", "kim@client.example"), "other_subject"
    assert rule_of(sign_on(north)) == (401, "TOKEN_INVALID", "subject")


def test_p14_the_second_time_is_the_same_person_whatever_his_mail_says(
    north: Organization, oidc: OidcSimulator
) -> None:
    first = signed_in(sign_on(north))
    oidc.person = Person("p-1", "someone-else@client.example")
    again = signed_in(sign_on(north))
    assert first["user"]["id"] == again["user"]["id"]
    assert again["user"]["email"] == "pat@client.example"
    with organization_scope(north.id):
        identity = ExternalIdentity.objects.get()
    assert (identity.system, identity.external_id) == (oidc.issuer, "p-1")


@pytest.mark.parametrize("subject", ["p-1\x00", " p-1", "p-1\n", "p" * 300])
def test_p14_a_subject_is_never_cleaned_into_that_of_another(
    north: Organization, oidc: OidcSimulator, subject: str
) -> None:
    signed_in(sign_on(north))
    oidc.person = Person(subject, "kim@client.example")
    assert rule_of(sign_on(north)) == (401, "TOKEN_INVALID", "claim_missing")


# -- keys -------------------------------------------------------------------------------------


def test_p14_keys_are_remembered_and_rotation_works_at_once(
    north: Organization, oidc: OidcSimulator
) -> None:
    signed_in(sign_on(north))
    signed_in(sign_on(north))
    assert oidc.told.key_requests == 1
    oidc.rotate("second")
    signed_in(sign_on(north))
    oidc.rotate("third", "EC")
    signed_in(sign_on(north))
    assert oidc.told.key_requests == 3


def test_p14_unknown_key_ids_cannot_make_us_ask_for_ever(
    north: Organization, oidc: OidcSimulator
) -> None:
    signed_in(sign_on(north))
    oidc.fault = "unknown_kid"
    for _ in range(10):
        assert rule_of(sign_on(north)) == (401, "TOKEN_INVALID", "unknown_key")
    assert oidc.told.key_requests <= 7


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
    north: Organization, oidc: OidcSimulator, fault: str, code: str, rule: str
) -> None:
    oidc.fault = fault
    assert rule_of(sign_on(north)) == (401, code, rule)
    assert not Session.objects.exists()
    last = events_of(north)[-1]
    assert (last.kind, rule in last.data) == ("user.sign_in_failed", True)


@pytest.mark.parametrize(
    ("ahead", "is_good"), [(50, True), (70, False), (-350, True), (-370, False)]
)
def test_p14_clocks_may_differ_by_a_minute(
    north: Organization, oidc: OidcSimulator, ahead: int, is_good: bool
) -> None:
    """A token lives 300 seconds: one of a clock that is 350 behind ended 50 seconds ago."""
    oidc.clock_seconds = ahead
    assert (sign_on(north).status_code == 303) == is_good


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
        assert sorted(tabs.map(tab, range(2))) == [303, 410]


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
