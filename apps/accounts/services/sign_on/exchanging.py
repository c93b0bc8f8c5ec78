"""Trade a statement of a client's own system for a session (P16)."""

from apps.accounts.models import Session
from apps.accounts.providers import statements
from apps.accounts.services.entering import enter
from apps.accounts.services.sessions import SignedIn
from apps.accounts.services.sign_on import protocols
from apps.accounts.services.sign_on.arriving import arrive
from apps.accounts.services.sign_on.entries import CUSTOM, entry_of
from apps.accounts.services.sign_on.spending import spend
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization


def exchange_statement(organization: Organization, name: str, text: str) -> SignedIn:
    """Sign in whom a statement names. Raises NotFound and the refusals of sign-on and `enter`.

    A statement is used up together with what it brings about: a refusal leaves it as it was.
    """
    entry = entry_of(organization, name, (CUSTOM,))
    with protocols.refusals(organization, entry):
        speaker = protocols.speaker(organization, entry)
        statement = statements.statement_of(protocols.caller(), speaker, text)
        with organization_scope(organization.id):
            spend(organization, entry, statement.number, statement.ends)
            membership = arrive(organization, entry, statement.identity)
            return enter(membership, method="exchange", face=Session.Face.API)
