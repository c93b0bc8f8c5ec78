"""The life of an invoice: draft, sent with a number, viewed, paid or cancelled (P66).

Lock order: invoice, then payment, then number series or ledger (`integration.md`, 9.4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.permissions import require
from apps.clients.models import Client
from apps.core import clock
from apps.core.actors import Actor
from apps.core.errors import InvalidFields
from apps.core.models import revise
from apps.core.money import Money
from apps.events.outbox import publish, record
from apps.invoices.errors import DueBeforeIssue, NotADraft, NotCancellable, NothingToSend
from apps.invoices.models import Invoice, Line, NumberSeries
from apps.invoices.totals import Position, Totals, totals_of
from apps.ledger import services as ledger
from apps.organizations.models import Organization, default_settings
from apps.projects.models import Project


@dataclass(frozen=True, slots=True)
class DraftContent:
    """All that a person writes into an invoice. Ids are checked against what he may see."""

    client_id: UUID
    positions: Sequence[Position] = ()
    project_id: UUID | None = None
    currency: str = ""
    issue_date: date | None = None
    due_date: date | None = None
    notes: str = ""
    terms: str = ""


@transaction.atomic
def create_invoice(actor: Actor, content: DraftContent) -> Invoice:
    """Make a draft. Raises PermissionDenied, InvalidFields and the refusals of `totals_of`.

    Without a currency the client's own is taken.
    """
    require(actor, "invoices.draft")
    client = _client(actor, content.client_id)
    currency = content.currency or client.currency
    totals = totals_of(content.positions, currency)
    invoice = Invoice.objects.create(
        organization_id=actor.organization_id,
        **_columns(actor, content, client, currency, totals),
    )
    _write_lines(invoice, totals)
    publish(
        actor, "invoice.created", invoice, id=invoice.id, client_id=client.id, total=totals.total
    )
    return invoice


@transaction.atomic
def change_invoice(actor: Actor, invoice: Invoice, content: DraftContent) -> Invoice:
    """Write a draft anew. Raises NotADraft (R79) and what `create_invoice` raises."""
    require(actor, "invoices.draft")
    draft = _locked_draft(invoice)
    client = _client(actor, content.client_id)
    currency = content.currency or client.currency
    totals = totals_of(content.positions, currency)
    revise(draft, **_columns(actor, content, client, currency, totals))
    draft.lines.all().delete()
    _write_lines(draft, totals)
    record(actor, "invoice.changed", draft)
    return draft


def content_of(invoice: Invoice) -> DraftContent:
    """Return what a draft says now, so that a part of it can be replaced."""
    positions = [
        Position(
            description=line.description,
            quantity=line.quantity,
            unit_price=Money(line.unit_price_minor, line.currency),
            tax_rate=line.tax_rate,
            discount=Money(line.discount_minor, line.currency),
        )
        for line in invoice.lines.order_by("position")
    ]
    return DraftContent(
        client_id=invoice.client_id,
        positions=positions,
        project_id=invoice.project_id,
        currency=invoice.currency,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        notes=invoice.notes,
        terms=invoice.terms,
    )


@transaction.atomic
def delete_draft(actor: Actor, invoice: Invoice) -> None:
    """Remove a draft, which never had a number; the event log keeps that it was there.

    Raises PermissionDenied, NotADraft.
    """
    require(actor, "invoices.draft")
    draft = _locked_draft(invoice)
    revise(draft)
    _publish_cancelled(actor, draft, audience="staff")
    draft.delete()


@transaction.atomic
def send_invoice(actor: Actor, invoice: Invoice) -> Invoice:
    """Issue a draft: number, dates, ledger entry and event come together or not at all.

    Days belong to the organization's time zone. Raises PermissionDenied, NotADraft,
    NothingToSend, DueBeforeIssue.
    """
    require(actor, "invoices.write")
    draft = _locked_draft(invoice)
    if not draft.lines.exists():
        raise NothingToSend
    organization = Organization.objects.get(id=draft.organization_id)
    rules = default_settings()["payments"] | organization.settings.get("payments", {})
    issued_on = draft.issue_date or clock.today(organization.timezone)
    due_on = draft.due_date or issued_on + timedelta(days=rules["due_days"])
    if due_on < issued_on:
        raise DueBeforeIssue(issue_date=issued_on, due_date=due_on)
    revise(
        draft,
        number=_next_number(organization.id, issued_on.year, rules["invoice_prefix"]),
        status=Invoice.Status.SENT,
        issue_date=issued_on,
        due_date=due_on,
        sent_at=clock.now(),
    )
    event_id = publish(
        actor, "invoice.sent", draft, audience="client", id=draft.id, client_id=draft.client_id,
        number=draft.number, status=draft.status, currency=draft.currency, total=draft.total,
        amount_due=draft.due, due_date=due_on.isoformat(),
    )  # fmt: skip
    _post_total(draft, "invoice_issued", event_id, sign=1)
    return draft


@transaction.atomic
def cancel_invoice(actor: Actor, invoice: Invoice) -> Invoice:
    """Cancel an issued invoice on which nothing was paid; its number stays taken (R76).

    Raises PermissionDenied, NotCancellable. A payment that arrives later becomes credit.
    """
    require(actor, "invoices.write")
    locked = Invoice.objects.select_for_update(of=("self",)).get(id=invoice.id)
    if locked.status not in Invoice.OPEN or locked.paid_minor:
        raise NotCancellable(status=locked.status, amount_paid=locked.paid_minor)
    revise(locked, status=Invoice.Status.CANCELLED)
    event_id = _publish_cancelled(actor, locked, audience="client")
    _post_total(locked, "invoice_cancelled", event_id, sign=-1)
    return locked


@transaction.atomic
def record_view(actor: Actor, invoice_id: UUID) -> None:
    """Record the first visit of a contact; later visits change nothing (R99)."""
    unseen = Invoice.objects.select_for_update(of=("self",)).filter(
        id=invoice_id, viewed_at__isnull=True, number__isnull=False
    )
    invoice = unseen.first()
    if invoice is None:
        return
    was_sent = invoice.status == Invoice.Status.SENT
    status = Invoice.Status.VIEWED if was_sent else invoice.status
    revise(invoice, viewed_at=clock.now(), status=status)
    publish(
        actor, "invoice.viewed", invoice, id=invoice.id, client_id=invoice.client_id,
        number=invoice.number, status=invoice.status,
    )  # fmt: skip


def apply_payment(actor: Actor, invoice: Invoice, money: Money) -> Money:
    """Count money that arrived to an invoice that the caller has locked; return what it took.

    The rest, when the invoice is paid or cancelled by now, is the client's credit. Publishes
    `invoice.paid` when the last part comes, so once.
    """
    taken = min(money.amount, invoice.due_minor)
    if taken <= 0:
        return Money(0, invoice.currency)
    paid = invoice.paid_minor + taken
    if paid < invoice.total_minor:
        revise(invoice, paid_minor=paid, status=Invoice.Status.PARTIALLY_PAID)
        return Money(taken, invoice.currency)
    now = clock.now()
    revise(invoice, paid_minor=paid, status=Invoice.Status.PAID, paid_at=now)
    publish(
        actor, "invoice.paid", invoice, audience="client", id=invoice.id,
        client_id=invoice.client_id, number=invoice.number, status=invoice.status,
        currency=invoice.currency, total=invoice.total, amount_due=invoice.due, paid_at=now,
    )  # fmt: skip
    return Money(taken, invoice.currency)


# -- steps ----------------------------------------------------------------------------------


def _locked_draft(invoice: Invoice) -> Invoice:
    locked = Invoice.objects.select_for_update(of=("self",)).get(id=invoice.id)
    if locked.status != Invoice.Status.DRAFT:
        raise NotADraft(status=locked.status)
    return locked


def _client(actor: Actor, client_id: UUID) -> Client:
    clients = Client.objects.visible_to(actor).filter(deleted_at__isnull=True)
    client = clients.filter(id=client_id).first()
    if client is None:
        raise InvalidFields(client_id="There is no such client.")
    return client


def _columns(
    actor: Actor, content: DraftContent, client: Client, currency: str, totals: Totals
) -> dict[str, Any]:
    projects = Project.objects.visible_to(actor).filter(client_id=client.id)
    if content.project_id and not projects.filter(id=content.project_id).exists():
        raise InvalidFields(project_id="This client has no such project.")
    return {
        "client_id": client.id,
        "project_id": content.project_id,
        "currency": currency,
        "issue_date": content.issue_date,
        "due_date": content.due_date,
        "notes": content.notes,
        "terms": content.terms,
        "subtotal_minor": totals.subtotal.amount,
        "tax_minor": totals.tax.amount,
        "total_minor": totals.total.amount,
    }


def _write_lines(invoice: Invoice, totals: Totals) -> None:
    Line.objects.bulk_create(
        Line(
            organization_id=invoice.organization_id,
            invoice=invoice,
            position=place,
            description=line.position.description,
            quantity=line.position.quantity,
            unit_price_minor=line.position.unit_price.amount,
            currency=invoice.currency,
            tax_rate=line.position.tax_rate,
            discount_minor=line.discount.amount,
            net_minor=line.net.amount,
            tax_minor=line.tax.amount,
        )
        for place, line in enumerate(totals.lines, start=1)
    )


def _next_number(organization_id: UUID, year: int, prefix: str) -> str:
    """Return the next number of the year. The lock lasts until the commit, so none is lost."""
    NumberSeries.objects.bulk_create(
        [NumberSeries(organization_id=organization_id, year=year)], ignore_conflicts=True
    )
    rows = NumberSeries.objects.select_for_update(of=("self",))
    series = rows.get(organization_id=organization_id, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return f"{prefix}-{year}-{series.last:04d}"


def _post_total(invoice: Invoice, kind: str, event_id: UUID, *, sign: int) -> None:
    """Post the invoice's total against revenue and tax, or take that back with sign -1."""
    amounts = (
        (ledger.RECEIVABLE, invoice.client_id, invoice.total_minor),
        (ledger.REVENUE, None, -invoice.subtotal_minor),
        (ledger.TAX_PAYABLE, None, -invoice.tax_minor),
    )
    ledger.post(
        invoice.organization_id,
        kind=kind,
        source_type="invoice",
        source_id=invoice.id,
        lines=[(code, owner, Money(sign * n, invoice.currency)) for code, owner, n in amounts],
        invoice_id=invoice.id,
        event_id=event_id,
    )


def _publish_cancelled(actor: Actor, invoice: Invoice, *, audience: str) -> UUID:
    return publish(
        actor, "invoice.cancelled", invoice, audience=audience, id=invoice.id,
        client_id=invoice.client_id, number=invoice.number, status="cancelled",
    )  # fmt: skip
