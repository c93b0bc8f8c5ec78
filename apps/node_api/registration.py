"""A client account made by its person: an account, a company and a contact, all or nothing."""

from django.db import transaction

from apps.accounts.models import Membership
from apps.accounts.services import create_person
from apps.clients.models import Contact
from apps.clients.services import create_client, create_contact
from apps.core.actors import Actor
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization


@transaction.atomic
def registered(organization: Organization, *, email: str, password: str, name: str) -> Membership:
    """Return the new membership. Raises EmailTaken, WeakPassword.

    The account comes first: its e-mail is unique, so nobody can register into an account that
    exists. The words of the name become first and last name.
    """
    first, _, last = name.strip().partition(" ")
    with organization_scope(organization.id):
        system = Actor.system(organization.id)
        membership = create_person(
            organization, email=email, password=password, role=Membership.Role.CLIENT,
            first_name=first[:100], last_name=last.strip()[:100],
        )  # fmt: skip
        client = create_client(system, name=name.strip(), email=email)
        create_contact(
            system, client, email=email, first_name=first[:100], last_name=last.strip()[:100],
            role=Contact.Role.APPROVER, is_primary=True,
        )  # fmt: skip
    rows = Membership.objects.select_related("user", "organization")
    return rows.get(id=membership.id)
