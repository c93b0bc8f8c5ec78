"""Signing in with SAML 2.0, against a provider that signs with xmlsec (P15)."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
import time_machine
from lxml import etree

from apps.accounts.models import ExternalIdentity, Session, UsedProof
from apps.accounts.providers import ProofRefused
from apps.accounts.services.sign_on.entries import SAML, entry_of
from apps.accounts.services.sign_on.spending import spend
from apps.core import clock
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from simulators.saml import SamlSimulator
from tests.accounts.sign_on.browsing import (
    post_form,
    query_of,
    rule_of,
    saml_entry,
    saml_form,
    saml_sign_on,
    signed_in,
    start,
    with_providers,
)
from tests.conftest import api, events_of
from tests.factories import make_organization


@pytest.fixture
def provider() -> Iterator[SamlSimulator]:
    with SamlSimulator() as simulator:
        simulator.attributes = {"mail": "kim@corp.example", "givenName": "Kim", "sn": "Person"}
        yield simulator


@pytest.fixture
def north(organization: Organization, provider: SamlSimulator) -> Organization:
    with_providers(organization, saml_entry(provider))
    return organization


def test_p15_a_signed_assertion_signs_in(north: Organization) -> None:
    data = signed_in(saml_sign_on(north))
    assert (data["user"]["email"], data["user"]["last_name"]) == ("kim@corp.example", "Person")
    assert Session.objects.get(user_id=data["user"]["id"]).method == "saml"


def test_p15_the_second_time_is_the_same_person(
    north: Organization, provider: SamlSimulator
) -> None:
    first = signed_in(saml_sign_on(north))
    provider.attributes = {"mail": "other@corp.example"}
    assert signed_in(saml_sign_on(north))["user"]["id"] == first["user"]["id"]


def test_p15_metadata_can_stand_in_the_settings(
    organization: Organization, provider: SamlSimulator
) -> None:
    entry = saml_entry(provider, metadata_xml=provider.metadata())
    del entry["metadata_url"]
    with_providers(organization, entry)
    signed_in(saml_sign_on(organization))
    assert provider.metadata_requests == 0


def test_p15_a_provider_without_metadata_is_described_by_hand(
    organization: Organization, provider: SamlSimulator
) -> None:
    entry = saml_entry(
        provider, sso_url=f"{provider.url}/sso", idp_entity_id=provider.entity_id,
        certificate=provider.signer.certificate,
    )  # fmt: skip
    del entry["metadata_url"]
    with_providers(organization, entry)
    signed_in(saml_sign_on(organization))
    provider.rotate("second")
    assert rule_of(saml_sign_on(organization)) == (401, "TOKEN_INVALID", "signature")


def test_p15_metadata_cannot_make_the_browser_run_a_script(
    organization: Organization, provider: SamlSimulator
) -> None:
    hostile = provider.metadata().replace(f"{provider.url}/sso", "javascript:alert(1)")
    entry = saml_entry(provider, metadata_xml=hostile)
    with_providers(organization, entry)
    assert start(api(None), "corp").json()["code"] == "UPSTREAM_ERROR"
    doctype = '<!DOCTYPE r [<!ENTITY x "y">]>' + provider.metadata()
    with_providers(organization, entry | {"metadata_xml": doctype})
    assert start(api(None), "corp").json()["code"] == "UPSTREAM_ERROR"


def test_p15_our_metadata_names_the_place_of_its_provider(north: Organization) -> None:
    answer = api(None).get("/api/v1/auth/saml/corp/metadata", {"organization": north.slug})
    assert answer["Content-Type"] == "application/samlmetadata+xml"
    root = etree.fromstring(answer.content)
    names = {"md": "urn:oasis:names:tc:SAML:2.0:metadata"}
    (service,) = root.findall(".//md:AssertionConsumerService", names)
    place = f"http://testserver/sso/{north.slug}/corp/acs"
    assert (service.get("Location"), root.get("entityID")) == (place, place)
    assert root.find("md:SPSSODescriptor", names).get("WantAssertionsSigned") == "true"
    assert api(None).get("/api/v1/auth/saml/nobody/metadata").status_code == 404
    south = make_organization("South")
    foreign = api(None).get("/api/v1/auth/saml/corp/metadata", {"organization": south.slug})
    assert foreign.status_code == 404


def test_p15_metadata_is_remembered_and_a_new_key_is_found(
    north: Organization, provider: SamlSimulator
) -> None:
    signed_in(saml_sign_on(north))
    signed_in(saml_sign_on(north))
    assert provider.metadata_requests == 1
    provider.rotate("second")
    signed_in(saml_sign_on(north))
    assert provider.metadata_requests == 2


WRAPPED = (
    "wrapped_before", "wrapped_after", "wrapped_inside", "wrapped_extensions", "wrapped_object",
    "wrapped_same_id", "wrapped_moved", "second_reference",
)  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "code", "rule"),
    [
        ("expired", "TOKEN_EXPIRED", "expired"),
        ("not_yet_valid", "TOKEN_INVALID", "not_yet_valid"),
        ("wrong_audience", "TOKEN_INVALID", "audience"),
        ("no_audience", "TOKEN_INVALID", "audience"),
        ("wrong_recipient", "TOKEN_INVALID", "recipient"),
        ("longer_recipient", "TOKEN_INVALID", "recipient"),
        ("wrong_destination", "TOKEN_INVALID", "recipient"),
        ("wrong_issuer", "TOKEN_INVALID", "issuer"),
        ("wrong_request", "TOKEN_INVALID", "request"),
        ("unsolicited", "TOKEN_INVALID", "request"),
        ("unsigned", "TOKEN_INVALID", "unsigned"),
        ("response_signed", "TOKEN_INVALID", "unsigned"),
        ("foreign_key", "TOKEN_INVALID", "signature"),
        ("changed", "TOKEN_INVALID", "signature"),
        ("weak_algorithm", "TOKEN_INVALID", "algorithm"),
        ("stylesheet", "TOKEN_INVALID", "algorithm"),
        ("transient", "TOKEN_INVALID", "subject_transient"),
        ("declined", "INVALID_CREDENTIALS", "declined"),
        ("entities", "TOKEN_INVALID", "entities"),
        ("external_entity", "TOKEN_INVALID", "entities"),
        ("external_dtd", "TOKEN_INVALID", "entities"),
        *((wrapped, "TOKEN_INVALID", "wrapped") for wrapped in WRAPPED),
    ],
)
def test_p15_a_wrong_assertion_is_refused_with_its_reason(
    north: Organization, provider: SamlSimulator, fault: str, code: str, rule: str
) -> None:
    provider.fault, provider.subject = fault, "mallory" if rule == "entities" else "p-1"
    assert rule_of(saml_sign_on(north)) == (401, code, rule)
    assert not Session.objects.exists()
    last = events_of(north)[-1]
    assert (last.kind, rule in last.data) == ("user.sign_in_failed", True)


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ("", "malformed"),
        ("not base64", "malformed"),
        (base64.b64encode(b"<a").decode(), "malformed"),
        (base64.b64encode(b"<a/>").decode(), "malformed"),
        (base64.b64encode(b"\x00\xff").decode(), "malformed"),
        ("A" * 300_000, "malformed"),
    ],
)
def test_p15_what_is_no_answer_is_refused(north: Organization, answer: str, rule: str) -> None:
    browser = api(None)
    path, form = saml_form(start(browser, "corp"))
    page = post_form(browser, path, form | {"SAMLResponse": answer})
    assert rule_of(page) == (401, "TOKEN_INVALID", rule)


def test_p15_an_answer_cannot_be_posted_twice(north: Organization) -> None:
    browser = api(None)
    path, form = saml_form(start(browser, "corp"))
    cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
    signed_in(post_form(browser, path, form))
    for name, value in cookies.items():
        browser.cookies[name] = value
    assert rule_of(post_form(browser, path, form)) == (410, "GONE", "sign_on_gone")


def test_p15_an_answer_to_one_request_is_none_to_another(north: Organization) -> None:
    """Replay into a fresh sign-in of the attacker's own."""
    thief = api(None)
    _path, stolen = saml_form(start(api(None), "corp"))
    path, form = saml_form(start(thief, "corp"))
    replayed = form | {"SAMLResponse": stolen["SAMLResponse"]}
    assert rule_of(post_form(thief, path, replayed)) == (401, "TOKEN_INVALID", "request")


def test_p15_an_assertion_is_spent_until_it_ends(north: Organization) -> None:
    entry = entry_of(north, "corp", (SAML,))
    now = clock.now()
    ends = (now + timedelta(minutes=5)).timestamp()
    with organization_scope(north.id):
        spend(north, entry, "_a1", ends)
        with pytest.raises(ProofRefused, match="replayed"):
            spend(north, entry, "_a1", ends)
        spend(north, entry, "_a2", ends)
        assert UsedProof.objects.count() == 2
        with time_machine.travel(now + timedelta(minutes=6), tick=False):
            spend(north, entry, "_a3", ends + 600)
        assert UsedProof.objects.count() == 1


def test_p15_a_used_assertion_is_kept_after_a_sign_in(north: Organization) -> None:
    signed_in(saml_sign_on(north))
    with organization_scope(north.id):
        assert UsedProof.objects.count() == 1


def test_p15_another_browser_cannot_post_the_answer(north: Organization) -> None:
    path, form = saml_form(start(api(None), "corp"))
    assert rule_of(post_form(api(None), path, form)) == (401, "TOKEN_INVALID", "browser")


def test_p15_the_answer_of_one_provider_is_none_of_another(
    north: Organization, provider: SamlSimulator
) -> None:
    with SamlSimulator() as hostile:
        hostile.rotate("hostile")
        hostile.attributes = dict(provider.attributes)
        with_providers(north, saml_entry(provider), saml_entry(hostile, name="hostile"))
        browser = api(None)
        path, form = saml_form(start(browser, "corp"))
        _path, foreign = saml_form(start(browser, "hostile"))
        mixed = form | {"SAMLResponse": foreign["SAMLResponse"]}
        assert rule_of(post_form(browser, path, mixed))[1] == "TOKEN_INVALID"
        answer = post_form(browser, path, foreign)
        assert rule_of(answer) == (401, "TOKEN_INVALID", "state")


def test_p15_a_provider_cannot_take_the_name_of_another(
    north: Organization, provider: SamlSimulator
) -> None:
    """Metadata is the provider's own word: its issuer alone must not say who somebody is."""
    signed_in(saml_sign_on(north))
    with SamlSimulator() as hostile:
        hostile.entity_id, hostile.subject = provider.entity_id, provider.subject
        hostile.attributes = {"mail": "mallory@hostile.example"}
        entry = saml_entry(hostile, name="hostile", domains=["hostile.example"])
        with_providers(north, saml_entry(provider), entry)
        data = signed_in(saml_sign_on(north, "hostile"))
    assert data["user"]["email"] == "mallory@hostile.example"


def test_p15_a_comment_in_a_name_does_not_cut_it(
    north: Organization, provider: SamlSimulator
) -> None:
    provider.subject = "kim@corp.example.evil.example"
    browser = api(None)
    path, form = saml_form(start(browser, "corp"))
    xml = base64.b64decode(form["SAMLResponse"])
    cut = xml.replace(b"kim@corp.example.evil", b"kim@corp.example<!---->.evil")
    assert cut != xml
    form["SAMLResponse"] = base64.b64encode(cut).decode()
    answer = post_form(browser, path, form)
    signed_in(answer)
    with organization_scope(north.id):
        assert ExternalIdentity.objects.get().external_id == provider.subject


def test_p15_a_provider_without_metadata_is_502(
    north: Organization, provider: SamlSimulator
) -> None:
    provider.is_away = True
    answer = start(api(None), "corp")
    assert (answer.status_code, answer.json()["code"]) == (502, "UPSTREAM_ERROR")


def test_p15_the_request_goes_by_redirect_with_our_state(north: Organization) -> None:
    url = start(api(None), "corp").json()["data"]["authorization_url"]
    assert urlsplit(url).path == "/sso"
    assert set(query_of(url)) == {"SAMLRequest", "RelayState"}
    assert httpx.get(url).status_code == 200
    assert len(query_of(url)["RelayState"]) <= 80  # SAML bindings, section 3.4.3


def test_p15_the_cookie_comes_along_with_a_form_of_another_site(
    north: Organization, settings: object
) -> None:
    settings.SESSION_COOKIE_SECURE = True  # type: ignore[attr-defined]
    (cookie,) = start(api(None), "corp").cookies.values()
    assert (cookie["samesite"], cookie["secure"]) == ("None", True)
