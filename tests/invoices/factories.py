"""Makers of invoices."""

from decimal import Decimal
from typing import Any

from apps.clients.models import Client
from apps.core.actors import Actor
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.invoices.models import Invoice
from apps.invoices.services import DraftContent, create_invoice, send_invoice
from apps.invoices.totals import Position


def make_draft(
    client: Client, amount: int = 10_000, *, currency: str = "EUR", tax: str = "0", **fields: Any
) -> Invoice:
    """A draft with one line of `amount` minor units and a tax in percent."""
    position = Position("Design", Decimal(1), Money(amount, currency), Decimal(tax))
    content = DraftContent(client_id=client.id, positions=[position], currency=currency, **fields)
    with organization_scope(client.organization_id):
        return create_invoice(Actor.system(client.organization_id), content)


def make_invoice(client: Client, amount: int = 10_000, **fields: Any) -> Invoice:
    """A sent invoice."""
    draft = make_draft(client, amount, **fields)
    with organization_scope(client.organization_id):
        return send_invoice(Actor.system(client.organization_id), draft)


def body_for(client: Client, **fields: Any) -> dict[str, Any]:
    """A body that makes a draft of one line."""
    line = {
        "description": "Design",
        "quantity": "2",
        "unit_price": {"amount": 5000, "currency": "EUR"},
        "tax_rate": "19",
    }
    return {"client_id": str(client.id), "currency": "EUR", "lines": [line]} | fields
