"""A client's own system vouches for a person with a signed statement (P16)."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.db import connection

from apps.accounts.models import Session, UsedProof
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from simulators.oidc import OidcSimulator, public_pem
from simulators.oidc.keys import key, signed_with_public_key, unsigned
from tests.accounts.sign_on.browsing import keep_secret, with_providers
from tests.conftest import api, events_of
from tests.factories import make_member, make_organization

SECRET = "a shared secret of more than thirty-two bytes"


@pytest.fixture(autouse=True)
def _shared_secret(organization: Organization) -> None:
    keep_secret(organization, "shared", SECRET)


@pytest.fixture
def system() -> Iterator[OidcSimulator]:
    with OidcSimulator() as simulator:
        yield simulator


def entry(system: OidcSimulator, **more: Any) -> dict[str, Any]:
    return {
        "name": "legacy", "type": "custom", "algorithm": "RS256", "audience": "portico",
        "jwks_url": f"{system.url}/keys", "claim_map": {"email": "mail"},
    } | more  # fmt: skip


@pytest.fixture
def north(organization: Organization, system: OidcSimulator) -> Organization:
    with_providers(
        organization,
        entry(system),
        entry(system, name="curve", algorithm="ES256"),
        entry(system, name="issued", issuer="https://app.client.example"),
        entry(system, name="shared", algorithm="HS256", shared_secret={"secret_ref": "shared"}),
    )
    return organization


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {
        "sub": "u-1", "mail": "una@client.example", "given_name": "Una", "aud": "portico",
        "iat": now, "exp": now + 120, "jti": str(uuid4()),
    } | changes  # fmt: skip
    return {name: value for name, value in made.items() if value is not None}


def traded(assertion: str, provider: str = "legacy", **more: Any) -> Any:
    body = {"provider": provider, "assertion": assertion, **more}
    return api(None).post("/api/v1/auth/exchange", body)


def refusal(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["code"], (body.get("details") or {}).get("rule", "")


def test_p16_a_statement_of_a_key_set_signs_in(north: Organization, system: OidcSimulator) -> None:
    answer = traded(system.keys[0].sign(claims()))
    data = answer.json()["data"]
    assert (data["user"]["email"], data["user"]["first_name"]) == ("una@client.example", "Una")
    assert Session.objects.get().method == "exchange"
    again = traded(system.keys[0].sign(claims(mail="other@client.example")))
    assert again.json()["data"]["user"]["id"] == data["user"]["id"]


def test_p16_a_curve_and_a_shared_secret_work_too(
    north: Organization, system: OidcSimulator
) -> None:
    system.rotate("curve", "EC")
    assert traded(system.keys[0].sign(claims()), "curve").status_code == 200
    token = jwt.encode(claims(sub="u-2", mail="ugo@client.example"), SECRET, "HS256")
    assert traded(token, "shared").status_code == 200


@pytest.mark.parametrize(
    ("changes", "code", "rule"),
    [
        ({"aud": "another"}, "TOKEN_INVALID", "audience"),
        ({"aud": None}, "TOKEN_INVALID", "claim_missing"),
        ({"exp": int(time.time()) - 100}, "TOKEN_EXPIRED", "expired"),
        ({"exp": None}, "TOKEN_INVALID", "claim_missing"),
        ({"exp": int(time.time()) + 3600}, "TOKEN_INVALID", "too_long_valid"),
        ({"exp": 10**18}, "TOKEN_INVALID", "too_long_valid"),
        ({"iat": int(time.time()) + 600}, "TOKEN_INVALID", "not_yet_valid"),
        ({"nbf": int(time.time()) + 600}, "TOKEN_INVALID", "not_yet_valid"),
        ({"jti": None}, "TOKEN_INVALID", "claim_missing"),
        ({"jti": "j" * 300}, "TOKEN_INVALID", "claim_missing"),
        ({"sub": None}, "TOKEN_INVALID", "claim_missing"),
        ({"sub": "s" * 300}, "TOKEN_INVALID", "claim_missing"),
        ({"mail": None}, "PERMISSION_DENIED", "email_missing"),
        ({"email_verified": False}, "PERMISSION_DENIED", "email_unverified"),
    ],
)
def test_p16_a_wrong_claim_is_refused_with_its_reason(
    north: Organization, system: OidcSimulator, changes: dict[str, Any], code: str, rule: str
) -> None:
    answer = traded(system.keys[0].sign(claims(**changes)))
    assert refusal(answer)[1:] == (code, rule)
    assert not Session.objects.exists()


def test_p16_the_algorithm_is_the_one_of_the_settings(
    north: Organization, system: OidcSimulator
) -> None:
    """Algorithm confusion: `none`, the public key as a secret, another kind of key (RFC 8725)."""
    signer = system.keys[0]
    tries = [
        (unsigned(claims()), "legacy"),
        (signed_with_public_key(claims(), signer), "legacy"),
        (jwt.encode(claims(), SECRET, "HS256"), "legacy"),
        (key("curve", "EC").sign(claims()), "legacy"),
        (signer.sign(claims()), "curve"),
        (signer.sign(claims()), "shared"),
        (unsigned(claims()), "shared"),
    ]
    for token, provider in tries:
        assert refusal(traded(token, provider)) == (401, "TOKEN_INVALID", "algorithm")
    wrong = jwt.encode(claims(), "another secret of more than thirty-two bytes", "HS256")
    assert refusal(traded(wrong, "shared")) == (401, "TOKEN_INVALID", "signature")
    foreign = key("foreign").sign(claims(), kid=signer.name)
    assert refusal(traded(foreign)) == (401, "TOKEN_INVALID", "signature")
    embedded = key("foreign").sign(claims(), kid="x", jwk=key("foreign").published())
    assert refusal(traded(embedded)) == (401, "TOKEN_INVALID", "unknown_key")
    assert public_pem(signer).startswith(b"-----BEGIN PUBLIC KEY")


def test_p16_an_issuer_that_is_set_must_be_named(
    north: Organization, system: OidcSimulator
) -> None:
    signer = system.keys[0]
    assert refusal(traded(signer.sign(claims()), "issued"))[2] == "claim_missing"
    wrong = signer.sign(claims(iss="https://other.example"))
    assert refusal(traded(wrong, "issued"))[1:] == ("TOKEN_INVALID", "issuer")
    right = signer.sign(claims(iss="https://app.client.example"))
    assert traded(right, "issued").status_code == 200


@pytest.mark.parametrize("text", ["x", "a.b.c", "....", "ü.ü.ü", "e30.e30.", "\u0000"])
def test_p16_what_is_no_statement_is_refused(north: Organization, text: str) -> None:
    answer = traded(text)
    assert answer.status_code in {400, 401}
    assert answer.json()["code"] in {"VALIDATION_ERROR", "TOKEN_INVALID"}


def test_p16_a_statement_works_once(north: Organization, system: OidcSimulator) -> None:
    token = system.keys[0].sign(claims())
    assert traded(token).status_code == 200
    assert refusal(traded(token)) == (401, "TOKEN_REUSED", "replayed")
    last = events_of(north)[-1]
    assert (last.kind, "replayed" in last.data) == ("user.sign_in_failed", True)


@pytest.mark.django_db(transaction=True)
def test_p16_of_two_exchanges_at_once_one_wins(north: Organization, system: OidcSimulator) -> None:
    token, together = system.keys[0].sign(claims()), Barrier(2)

    def tab(_number: int) -> int:
        together.wait()
        try:
            return int(traded(token).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as tabs:
        assert sorted(tabs.map(tab, range(2))) == [200, 401]


def test_p16_a_refused_person_does_not_spend_the_statement(
    north: Organization, system: OidcSimulator
) -> None:
    make_member(north, "client").user.__class__.objects.update(email="una@client.example")
    assert refusal(traded(system.keys[0].sign(claims())))[2] == "account_exists"
    with organization_scope(north.id):
        assert not UsedProof.objects.exists()


def test_p16_a_short_shared_secret_is_no_secret(north: Organization) -> None:
    keep_secret(north, "shared", "shorter than thirty-two bytes")
    assert refusal(traded(jwt.encode(claims(), SECRET, "HS256"), "shared"))[1] == "UPSTREAM_ERROR"


def test_p16_a_provider_of_another_kind_or_organization_is_404(
    north: Organization, system: OidcSimulator
) -> None:
    south = make_organization("South")
    token = system.keys[0].sign(claims())
    assert traded(token, organization=south.slug).status_code == 404
    assert traded(token, "nobody").status_code == 404
    assert api(None).post("/api/v1/auth/sso/legacy/starts", {}).status_code == 404


def test_p16_a_key_set_that_is_away_is_502(north: Organization, system: OidcSimulator) -> None:
    system.fault = "keys_500"
    answer = traded(system.keys[0].sign(claims()))
    assert refusal(answer) == (502, "UPSTREAM_ERROR", "sign_on_provider")
