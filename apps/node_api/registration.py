"""A client account made by its person: an account, a company and a contact, all or nothing."""

from django.db import transaction

from apps.accounts.models import Membership
from apps.accounts.services import create_person
from apps.clients.services import make_own_company
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization


@transaction.atomic
def registered(organization: Organization, *, email: str, password: str, name: str) -> Membership:
    """Return the new membership. Raises EmailTaken, WeakPassword.

    The account comes first: its e-mail is unique, so nobody can register into an account that
    exists. The words of the name become first and last name. The old contract signs the person in
    at once, so this way does not ask the setting `features.open_registration` nor for a proof of
    the address.
    """
    first, _, last = name.strip().partition(" ")
    with organization_scope(organization.id):
        membership = create_person(
            organization, email=email, password=password, role=Membership.Role.CLIENT,
            first_name=first[:100], last_name=last.strip()[:100],
        )  # fmt: skip
        make_own_company(membership, name.strip())
    rows = Membership.objects.select_related("user", "organization")
    return rows.get(id=membership.id)
