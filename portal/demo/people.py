"""The cast of the demo: whom it makes and how they sign in."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from apps.accounts.models import Membership
from apps.accounts.services import create_person
from apps.clients.models import Client
from apps.clients.services import create_client, create_contact
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from apps.organizations.services import create_organization
from apps.projects.services import seed_catalog

WORDS = ("harbour", "lantern", "meadow", "copper", "willow", "granite", "saffron", "juniper")
TEAM = (
    ("owner", "owner", "Priya", "Raman"),
    ("staff", "staff", "Jonas", "Weber"),
    ("accountant", "accountant", "Marta", "Silva"),
)


@dataclass(slots=True)
class Studio:
    """A demo organization with its people by their name in the cast, and its clients."""

    organization: Organization
    people: dict[str, Membership]
    clients: dict[str, Client]

    def user_id(self, name: str) -> UUID:
        """Return the id of one of the cast."""
        return self.people[name].user_id


def make_password() -> str:
    """Return a pass phrase for this demo: two words and four digits."""
    words = "-".join(secrets.choice(WORDS) for _ in range(2))
    return f"{words}-{secrets.randbelow(9000) + 1000}"


def make_studios(password: str) -> tuple[Studio, Studio]:
    """Make both organizations with their people and client companies."""
    first = _open("North Light Studio", "north-light", "Europe/Berlin")
    for name, role, first_name, last_name in TEAM:
        first.people[name] = _member(first, name, role, password, first_name, last_name)
    _client(first, "Brightwater Ceramics", ("alice", "Alice", "Ng", "approver"), password)
    _client(first, "Birch & Sons", ("bob", "Bob", "Birch", "approver"), password)
    _client(first, "Halden Bikes", ("halina", "Halina", "Dahl", "approver"), password)
    second = _open("South Pier Design", "south-pier", "Europe/Lisbon")
    second.people["mallory"] = _member(second, "mallory", "owner", password, "Mallory", "Cole")
    _client(second, "Pier Coffee", ("pedro", "Pedro", "Cruz", "approver"), password)
    return first, second


def _open(name: str, slug: str, timezone: str) -> Studio:
    organization = create_organization(name=name, slug=slug, timezone=timezone, is_demo=True)
    seed_catalog(organization)
    return Studio(organization, {}, {})


def _member(
    studio: Studio, name: str, role: str, password: str, first_name: str, last_name: str
) -> Membership:
    return create_person(
        studio.organization,
        email=f"{name}@{studio.organization.slug}.example",
        password=password,
        role=role,
        first_name=first_name,
        last_name=last_name,
    )


def _client(
    studio: Studio, company: str, contact: tuple[str, str, str, str], password: str
) -> None:
    """Make a company with one contact who can sign in."""
    name, first_name, last_name, role = contact
    owner = next(iter(studio.people.values())).actor()
    mail = company.lower().replace(" & ", "-").replace(" ", "-")
    with organization_scope(studio.organization.id):
        client = create_client(
            owner, name=company, email=f"hello@{mail}.example", currency="EUR", tags=["demo"]
        )
        made = create_contact(
            owner,
            client,
            email=f"{name}@{mail}.example",
            password=password,
            first_name=first_name,
            last_name=last_name,
            role=role,
            is_primary=True,
        )
    memberships = Membership.objects.select_related("user", "organization")
    studio.people[name] = memberships.get(
        organization_id=studio.organization.id, user__email=made.email
    )
    studio.clients[name] = client
