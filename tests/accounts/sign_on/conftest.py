"""Providers that run here, and an organization that trusts the OpenID Connect one."""

from collections.abc import Iterator

import pytest

from apps.organizations.models import Organization
from simulators.oidc import OidcSimulator, Person
from tests.accounts.sign_on.browsing import keep_secret, oauth_entry, with_providers

PAT = Person("p-1", "pat@client.example", True, "Pat", "Person")


@pytest.fixture
def oidc(organization: Organization) -> Iterator[OidcSimulator]:
    """A provider whose secret the organization North has stored."""
    with OidcSimulator() as simulator:
        simulator.person = PAT
        keep_secret(organization, "oidc", simulator.client_secret)
        yield simulator


@pytest.fixture
def north(organization: Organization, oidc: OidcSimulator) -> Organization:
    with_providers(organization, oauth_entry(oidc))
    return organization
