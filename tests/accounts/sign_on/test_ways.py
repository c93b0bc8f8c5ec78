"""Ways in that an organization leaves open or closes, and how they are found (R20, P111)."""

from typing import Any

import pytest

from apps.accounts.errors import PasswordOff, SignOnRequired
from apps.accounts.models import Membership
from apps.accounts.services import enter, hand_over
from apps.accounts.services.sign_on.entries import entries_of
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from simulators.oidc import OidcSimulator
from tests.accounts.sign_on.browsing import (
    member,
    oauth_entry,
    sign_on,
    signed_in,
    with_providers,
)
from tests.conftest import api
from tests.factories import PASSWORD, make_member


def with_email(person: Membership, email: str) -> Membership:
    person.user.email = email
    person.user.save(update_fields=["email"])
    return person


def login(email: str) -> Any:
    return api(None).post("/api/v1/auth/login", {"email": email, "password": PASSWORD})


# -- closed ways ------------------------------------------------------------------------------


def test_r20_a_required_provider_is_the_only_way_in_for_its_domains(
    organization: Organization, oidc: OidcSimulator, alice: Membership, bob: Membership
) -> None:
    with_providers(organization, oauth_entry(oidc, required=True))
    with_email(alice, "pat@client.example")
    answer = login("pat@client.example")
    assert (answer.status_code, answer.json()["code"]) == (403, "FEATURE_DISABLED")
    assert answer.json()["details"] == {"rule": "sign_on_required", "provider": "company"}
    for method in ("password", "magic_link", "passkey"):
        with organization_scope(organization.id), pytest.raises(SignOnRequired):
            enter(member({"user": {"id": alice.user_id}}), method=method, face="v1")
    handed = api(None).post(
        "/api/v1/auth/handoffs", {"code": hand_over(alice, method="magic_link")}
    )
    assert handed.json()["details"]["rule"] == "sign_on_required"
    assert login(bob.user.email).status_code == 200
    signed_in(sign_on(organization))


def test_r20_a_wrong_password_tells_nothing_of_a_required_provider(
    organization: Organization, oidc: OidcSimulator, alice: Membership
) -> None:
    with_providers(organization, oauth_entry(oidc, required=True), password_login=False)
    with_email(alice, "pat@client.example")
    answers = [
        api(None).post("/api/v1/auth/login", {"email": email, "password": "wrong"}).json()
        for email in ("pat@client.example", "nobody@client.example")
    ]
    for answer in answers:
        answer.pop("request_id")
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "INVALID_CREDENTIALS"


@pytest.mark.parametrize(
    ("is_on", "off_for", "closed"),
    [
        (True, [], set()),
        (False, [], {"owner", "staff", "client"}),
        (True, ["owner", "staff"], {"owner", "staff"}),
    ],
)
def test_p111_passwords_are_switched_off_for_all_or_for_roles(
    organization: Organization, is_on: bool, off_for: list[str], closed: set[str]
) -> None:
    with_providers(organization, password_login=is_on, password_login_off_for_roles=off_for)
    for role in ("owner", "staff", "client"):
        person = make_member(organization, role)
        answer = login(person.user.email)
        assert (answer.status_code == 403) == (role in closed)
        if role in closed:
            assert answer.json()["details"] == {"rule": "password_login_off"}


def test_p111_where_passwords_are_off_other_ways_stay_open(
    organization: Organization, staff: Membership
) -> None:
    organization.settings["security"]["password_login"] = False
    organization.save(update_fields=["settings"])
    person = member({"user": {"id": staff.user_id}})
    with organization_scope(organization.id):
        assert enter(person, method="magic_link", face="v1").access_token
        with pytest.raises(PasswordOff):
            enter(person, method="password", face="node")


# -- discovery --------------------------------------------------------------------------------


def offers(email: str, **more: Any) -> Any:
    return api(None).post("/api/v1/auth/provider-discoveries", {"email": email, **more}).json()


def test_p111_an_address_finds_the_providers_of_its_domain(
    organization: Organization, oidc: OidcSimulator
) -> None:
    with_providers(
        organization,
        "oauth",
        oauth_entry(oidc, title="Client Ltd", required=True),
        oauth_entry(oidc, name="everybody", domains=[]),
        {
            "name": "machine",
            "type": "custom",
            "audience": "x",
            "shared_secret": {"secret_ref": "s"},
        },
        {"name": "broken", "type": "oauth"},
        oauth_entry(oidc, name="resting", enabled=False),
        {"name": "Not a name", "type": "oauth", "issuer": "https://x", "client_id": "x"},
        {"name": "odd", "type": "odd"},
    )
    found = offers("Somebody@CLIENT.example")["data"]["providers"]
    assert found == [
        {"name": "company", "type": "oauth", "title": "Client Ltd", "is_required": True},
        {"name": "everybody", "type": "oauth", "title": "Everybody", "is_required": False},
    ]
    assert [row["name"] for row in offers("x@else.example")["data"]["providers"]] == ["everybody"]


def test_p111_discovery_does_not_tell_who_has_an_account(
    north: Organization, alice: Membership
) -> None:
    with_email(alice, "pat@client.example")
    answers = [offers("pat@client.example"), offers("nobody@client.example")]
    for answer in answers:
        answer.pop("meta")
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "body", [{}, {"email": "x"}, {"email": "a@b.c", "role": "owner"}, {"email": ["a@b.c"]}, []]
)
def test_a_wrong_question_is_400(north: Organization, body: Any) -> None:
    answer = api(None).post("/api/v1/auth/provider-discoveries", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


def test_an_unknown_organization_is_404(north: Organization) -> None:
    assert offers("a@client.example", organization="nowhere")["code"] == "NOT_FOUND"


# -- settings ---------------------------------------------------------------------------------


def test_p111_the_settings_document_takes_every_kind_of_provider(
    owner: Membership, client_a: Client
) -> None:
    """The shapes that these tests write are those that an owner may save (C11)."""
    common: dict[str, Any] = {
        "title": "Client Ltd", "enabled": True, "domains": ["client.example"], "required": True,
        "default_role": "client", "role_claim": "groups", "role_map": {"leads": "admin"},
        "client_company_id": str(client_a.id), "contact_role": "approver", "create_people": True,
        "emails_verified": False,
    }  # fmt: skip
    providers: list[dict[str, Any]] = [
        {"name": "a", "type": "oauth", "issuer": "https://id.client.example", "client_id": "x",
         "client_secret": {"secret_ref": "oidc"}, "scopes": ["openid"]},
        {"name": "b", "type": "saml", "metadata_url": "https://id.client.example/metadata",
         "attribute_map": {"email": "mail"}},
        {"name": "c", "type": "saml", "sso_url": "https://id.client.example/sso",
         "idp_entity_id": "https://id.client.example", "certificate": "MIIB"},
        {"name": "d", "type": "custom", "algorithm": "RS256", "audience": "portico",
         "jwks_url": "https://app.client.example/keys", "claim_map": {"email": "mail"}},
        {"name": "e", "type": "custom", "algorithm": "HS256", "audience": "portico",
         "shared_secret": {"secret_ref": "shared"}},
    ]  # fmt: skip
    document = {"version": 1, "apis": {"authProviders": [item | common for item in providers]}}
    answer = api(owner).post("/api/v1/organization/config/validate", document)
    assert answer.status_code == 200, answer.json()
    organization = owner.organization
    organization.settings["apis"] = document["apis"]
    assert [entry.name for entry in entries_of(organization)] == ["a", "b", "c", "d", "e"]


def test_p111_the_old_face_obeys_too(organization: Organization, staff: Membership) -> None:
    with_providers(organization, password_login=False)
    body = {"email": staff.user.email, "password": PASSWORD}
    answer = api(None).post("/api/auth/login", body)
    assert answer.status_code == 403
    assert "Passwords are switched off" in answer.content.decode()
