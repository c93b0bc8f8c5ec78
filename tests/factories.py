"""Typed makers of stored rows. Each fills what a test does not care about."""

from itertools import count
from typing import Any

from apps.accounts.models import Membership, User
from apps.accounts.services import set_client_access
from apps.clients.models import Client, Contact
from apps.core.actors import Actor
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from apps.organizations.services import create_organization

PASSWORD = "correct horse"
numbers = count(1)


def make_organization(name: str = "North", **fields: Any) -> Organization:
    return create_organization(name=name, slug=f"{name.lower()}-{next(numbers)}", **fields)


def make_member(organization: Organization, role: str, name: str | None = None) -> Membership:
    """A person with a membership; the password is `PASSWORD`, hashed once for all tests."""
    name = name or f"{role}{next(numbers)}"
    user = User.objects.create(
        email=f"{name}-{next(numbers)}@example.com",
        password=_stored_password(),
        first_name=name.capitalize(),
        last_name="Tester",
        is_staff=role in {"owner", "admin"},
    )
    return Membership.objects.create(organization=organization, user=user, role=role)


def make_client(organization: Organization, name: str = "Acme", **fields: Any) -> Client:
    with organization_scope(organization.id):
        return Client.objects.create(organization=organization, name=name, **fields)


def make_contact(
    client: Client, name: str | None = None, role: str = Contact.Role.APPROVER
) -> Membership:
    """A contact of `client` who can sign in."""
    membership = make_member(client.organization, "client", name)
    with organization_scope(client.organization_id):
        Contact.objects.create(
            organization_id=client.organization_id,
            client=client,
            user=membership.user,
            first_name=membership.user.first_name,
            last_name=membership.user.last_name,
            email=membership.user.email,
            role=role,
        )
    set_client_access(client.organization_id, membership.user_id, client.id, role)
    return Membership.objects.select_related("user", "organization").get(id=membership.id)


def system(organization: Organization) -> Actor:
    return Actor.system(organization.id)


_stored: list[str] = []


def _stored_password() -> str:
    if not _stored:
        from django.contrib.auth.hashers import make_password

        _stored.append(make_password(PASSWORD))
    return _stored[0]
