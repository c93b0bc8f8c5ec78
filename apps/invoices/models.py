"""Invoices: requests for money with lines, taxes and a number without gaps."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from apps.clients.models import Client
from apps.core.actors import Actor
from apps.core.models import Part, Record
from apps.core.money import Money
from apps.projects.models import Project, within_reach


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team sees all, a contact the issued ones of his companies."""
        rows = self.filter(organization_id=actor.organization_id)
        if actor.is_team:
            return rows.filter(within_reach(actor))
        return rows.filter(client_id__in=actor.client_ids, number__isnull=False)


class Invoice(Record):
    """Amounts are minor units of `currency`. Sums are stored when the lines change.

    `paid_minor` is derived from the ledger and a check proves it (`payments verify`). A number is
    given with the issue, so a draft has none and no contact sees it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        SENT = "sent"
        VIEWED = "viewed"
        PARTIALLY_PAID = "partially_paid"
        PAID = "paid"
        OVERDUE = "overdue"
        CANCELLED = "cancelled"
        REFUNDED = "refunded"

    OPEN = ("sent", "viewed", "partially_paid", "overdue")

    client = models.ForeignKey(Client, models.PROTECT, related_name="invoices", db_index=False)
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="invoices"
    )
    number = models.CharField(max_length=30, null=True, blank=True)  # noqa: DJ001  drafts have none
    status = models.CharField(max_length=14, choices=Status, default=Status.DRAFT)
    issue_date = models.DateField(null=True, blank=True)
    due_date = models.DateField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    subtotal_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField(default=0)
    paid_minor = models.BigIntegerField(default=0)
    notes = models.TextField(max_length=5000, blank=True)
    terms = models.TextField(max_length=5000, blank=True)
    sent_at = models.DateTimeField(null=True, editable=False)
    viewed_at = models.DateTimeField(null=True, editable=False)
    paid_at = models.DateTimeField(null=True, editable=False)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "number"], name="invoices_invoice_number_once"
            ),
            models.CheckConstraint(
                condition=Q(paid_minor__gte=0, paid_minor__lte=F("total_minor")),
                name="invoices_invoice_paid_at_most_total",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "cancelled"]) | Q(number__isnull=False),
                name="invoices_invoice_numbered_when_sent",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "-created_at", "-id"], name="invoices_invoice_new"
            ),
            models.Index(
                fields=["organization", "client", "-created_at", "-id"],
                name="invoices_invoice_client",
            ),
            models.Index(
                fields=["organization", "status", "-created_at", "-id"],
                name="invoices_invoice_status",
            ),
            models.Index(fields=["organization", "due_date"], name="invoices_invoice_due"),
            models.Index(  # how many a client was sent
                fields=["organization", "client"],
                condition=Q(number__isnull=False),
                name="invoices_invoice_counted",
            ),
        ]

    def __str__(self) -> str:
        return self.number or "draft"

    @property
    def due_minor(self) -> int:
        """What is still to be paid: nothing once the invoice is cancelled."""
        cancelled = self.status == self.Status.CANCELLED
        return 0 if cancelled else self.total_minor - self.paid_minor

    @property
    def total(self) -> Money:
        """The sum of all lines with their taxes."""
        return Money(self.total_minor, self.currency)

    @property
    def due(self) -> Money:
        """`due_minor` as money."""
        return Money(self.due_minor, self.currency)


class Line(Part):
    """One position. `quantity` and `tax_rate` (percent) are decimals, prices minor units."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    description = models.CharField(max_length=1000)
    quantity = models.DecimalField(max_digits=12, decimal_places=4)
    unit_price_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tax_rate = models.DecimalField(max_digits=8, decimal_places=4, default=0)
    discount_minor = models.PositiveBigIntegerField(default=0)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "invoice", "position"], name="invoices_line_place_once"
            )
        ]

    def __str__(self) -> str:
        return self.description


class NumberSeries(Part):
    """The last number given in one year; its row lock keeps numbers dense (R76)."""

    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "year"], name="invoices_series_once")
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class BalanceQuerySet(models.QuerySet["Balance"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team sees all, a contact those of his companies."""
        rows = self.filter(organization_id=actor.organization_id)
        return rows if actor.is_team else rows.filter(client_id__in=actor.client_ids)


class Balance(Part):
    """What a client owes in one currency: the open part of his issued invoices.

    A trigger of the database keeps it in the transaction that changes an invoice, so a list of
    clients adds nothing up. `payments verify` proves it.
    """

    client = models.ForeignKey(Client, models.CASCADE, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    owed_minor = models.BigIntegerField(default=0)

    objects = BalanceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "client", "currency"], name="invoices_balance_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.owed_minor} {self.currency}"
