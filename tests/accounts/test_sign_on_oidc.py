"""Signing in with OpenID Connect, against a provider that runs here (P14, R20)."""

from collections.abc import Iterator

import pytest

from apps.organizations.models import Organization
from simulators.oidc import OidcSimulator, Person
from tests.accounts.sso import keep_secrets, oauth_entry, sign_on, signed_in, with_providers

PAT = Person("p-1", "pat@client.example", True, "Pat", "Person")


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_secrets(monkeypatch)


@pytest.fixture
def provider() -> Iterator[OidcSimulator]:
    with OidcSimulator() as simulator:
        simulator.person = PAT
        yield simulator


@pytest.fixture
def north(organization: Organization, provider: OidcSimulator) -> Organization:
    with_providers(organization, oauth_entry(provider))
    return organization


def test_p14_a_person_signs_in_with_his_company(north: Organization) -> None:
    data = signed_in(sign_on(north))
    assert data["user"]["email"] == "pat@client.example"
    assert (data["user"]["first_name"], data["user"]["role"]) == ("Pat", "client")
