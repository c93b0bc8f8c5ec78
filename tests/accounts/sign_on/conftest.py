"""Providers that run here, and an organization that trusts the OpenID Connect one."""

from collections.abc import Iterator

import pytest

from apps.organizations.models import Organization
from simulators.oidc import OidcSimulator, Person
from tests.accounts.sign_on.browsing import keep_secrets, oauth_entry, with_providers

PAT = Person("p-1", "pat@client.example", True, "Pat", "Person")


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_secrets(monkeypatch)


@pytest.fixture
def oidc() -> Iterator[OidcSimulator]:
    with OidcSimulator() as simulator:
        simulator.person = PAT
        yield simulator


@pytest.fixture
def north(organization: Organization, oidc: OidcSimulator) -> Organization:
    with_providers(organization, oauth_entry(oidc))
    return organization
