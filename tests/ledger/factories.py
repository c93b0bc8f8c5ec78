"""Makers of ledger entries."""

from uuid import UUID

from apps.core.ids import uuid7
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.ledger.models import Entry
from apps.ledger.services import RECEIVABLE, REVENUE, post
from apps.organizations.models import Organization


def make_entry(
    organization: Organization,
    amount: int = 1000,
    currency: str = "EUR",
    *,
    kind: str = "invoice_issued",
    owner_id: UUID | None = None,
    source_id: UUID | None = None,
) -> Entry:
    """An entry that moves `amount` from revenue to a client's receivable."""
    with organization_scope(organization.id):
        entry = post(
            organization.id,
            kind=kind,
            source_type="invoice",
            source_id=source_id or uuid7(),
            lines=[
                (RECEIVABLE, owner_id or uuid7(), Money(amount, currency)),
                (REVENUE, None, Money(-amount, currency)),
            ],
        )
    assert entry is not None
    return entry
