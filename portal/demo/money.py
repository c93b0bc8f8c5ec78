"""Twelve invoices: paid, due, overdue and a draft, each with its true history in the ledger."""

from datetime import timedelta
from decimal import Decimal

from apps.accounts.models import Membership
from apps.core import clock
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.invoices.models import Invoice
from apps.invoices.services import DraftContent, create_invoice, send_invoice
from apps.invoices.totals import Position
from apps.payments.models import Operation
from apps.payments.services import Wish, request_payment, submit_operation
from apps.projects.models import Project
from portal.demo.people import Studio
from portal.demo.work import scene

# (contact, project, what, quantity, cents each, sent days ago, is paid)
INVOICES = (
    ("halina", 4, "Poster design", "1", 120_000, 75, True),
    ("halina", 4, "Social pictures", "6", 9_500, 60, True),
    ("alice", 0, "Photography, two days", "2", 95_000, 50, True),
    ("alice", 0, "Layout, first half", "1", 142_000, 40, True),
    ("bob", 3, "Concept and page plan", "1", 160_000, 38, True),
    ("bob", 3, "Text for eight pages", "8", 18_000, 30, False),
    ("alice", 1, "Sign, deposit", "1", 70_000, 24, True),
    ("bob", 2, "Name workshop", "1.5", 110_000, 20, False),
    ("alice", 0, "Layout, second half", "1", 142_000, 6, False),
    ("halina", 4, "Reprint of 200 posters", "200", 240, 5, False),
    ("bob", 2, "Logo, first round", "1", 230_000, 2, False),
)


def make_money(studio: Studio, projects: list[Project]) -> None:
    """Send the invoices of the table, pay those that are paid, and leave one draft."""
    for contact, place, text, quantity, cents, days, is_paid in INVOICES:
        invoice = _send(studio, contact, projects[place], (text, quantity, cents), days)
        if is_paid:
            _pay(studio, studio.people[contact], invoice, days - 8)
    with scene(studio, 0):
        content = _content(studio, "alice", projects[1], ("Sign, remainder", "1", 140_000))
        create_invoice(studio.people["owner"].actor(), content)


def _content(
    studio: Studio, contact: str, project: Project, line: tuple[str, str, int]
) -> DraftContent:
    text, quantity, cents = line
    position = Position(
        description=text,
        quantity=Decimal(quantity),
        unit_price=Money(cents, "EUR"),
        tax_rate=Decimal(19),
    )
    return DraftContent(
        client_id=studio.clients[contact].id, positions=[position], project_id=project.id
    )


def _send(
    studio: Studio, contact: str, project: Project, line: tuple[str, str, int], days: int
) -> Invoice:
    owner = studio.people["owner"].actor()
    with scene(studio, days):
        draft = create_invoice(owner, _content(studio, contact, project, line))
        return send_invoice(owner, draft)


def _pay(studio: Studio, payer: Membership, invoice: Invoice, days: int) -> None:
    """Pay through the fake gateway, as a payer does: ask, then submit outside a transaction."""
    with scene(studio, days):
        payment = request_payment(payer.actor(), invoice, Wish(provider="fake"))
        operation = Operation.objects.get(payment=payment)
    with clock.moved(timedelta(days=-days)):
        submit_operation(studio.organization.id, operation.id)


def make_second_studio(studio: Studio) -> None:
    """Give the other studio a little of its own, so that nothing is shared by accident."""
    from apps.projects.services import create_project

    owner = studio.people["mallory"].actor()
    with organization_scope(studio.organization.id):
        project = create_project(owner, client_id=studio.clients["pedro"].id, name="Menu boards")
        line = Position("Menu boards", Decimal(4), Money(32_000, "EUR"), Decimal(23))
        draft = create_invoice(
            owner,
            DraftContent(
                client_id=studio.clients["pedro"].id, positions=[line], project_id=project.id
            ),
        )
        send_invoice(owner, draft)
