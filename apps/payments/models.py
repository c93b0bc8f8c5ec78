"""Payments and the operations that were asked of a provider (`integration.md`, section 9)."""

from typing import Self

from django.db import models
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Value, When
from django.db.models.expressions import Combinable

from apps.connections.models import Connection
from apps.core.actors import Actor
from apps.core.models import Part, Record
from apps.core.money import Money
from apps.invoices.models import Invoice
from apps.projects.models import within_reach


class PaymentQuerySet(models.QuerySet["Payment"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team sees all, a contact those of his companies."""
        rows = self.filter(organization_id=actor.organization_id)
        if actor.is_team:
            return rows.filter(within_reach(actor, "invoice__project"))
        return rows.filter(invoice__client_id__in=actor.client_ids)


class Payment(Record):
    """Money on its way for one invoice. At most one payment of an invoice is open at a time."""

    class State(models.TextChoices):
        NEW = "new"
        REQUIRES_ACTION = "requires_action"
        PROCESSING = "processing"
        AUTHORIZED = "authorized"
        SUCCEEDED = "succeeded"
        DECLINED = "declined"
        CANCELLED = "cancelled"

    OPEN = ("new", "requires_action", "processing", "authorized")

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="payments")
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="+")
    provider = models.CharField(max_length=30)
    provider_ref = models.CharField(max_length=200, null=True)  # noqa: DJ001  unknown is not ""
    method = models.CharField(max_length=30, blank=True)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    captured = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    disputed = models.BigIntegerField(default=0)
    state = models.CharField(max_length=16, choices=State, default=State.NEW)
    decline_code = models.CharField(max_length=60, blank=True)
    action = models.JSONField(null=True)
    provider_version = models.BigIntegerField(default=0)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payments_payment_positive"),
            models.CheckConstraint(
                condition=Q(captured__gte=0, captured__lte=F("amount")),
                name="payments_captured_at_most_amount",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("captured")),
                name="payments_refunded_at_most_captured",
            ),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(state__in=["new", "requires_action", "processing", "authorized"]),
                name="payment_one_open",
            ),
            models.UniqueConstraint(
                fields=["connection", "provider_ref"],
                condition=Q(provider_ref__isnull=False),
                name="payment_ref",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="payments_payment_new")
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.amount} {self.currency}"

    @property
    def money(self) -> Money:
        """What was asked for."""
        return Money(self.amount, self.currency)


class Operation(Part):
    """One intended effect at the provider. Its id is the idempotency key of the call."""

    class Kind(models.TextChoices):
        CREATE = "create"
        CONFIRM = "confirm"
        CAPTURE = "capture"
        CANCEL = "cancel"
        REFUND = "refund"

    class State(models.TextChoices):
        RECORDED = "recorded"
        SENT = "sent"
        SUCCEEDED = "succeeded"
        DECLINED = "declined"
        UNKNOWN = "unknown"
        MANUAL = "manual"

    FINAL = ("succeeded", "declined")
    DOUBTFUL = ("unknown", "manual")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="operations")
    kind = models.CharField(max_length=8, choices=Kind)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    idempotency_key = models.CharField(max_length=60, unique=True)
    request = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.RECORDED)
    provider_ref = models.CharField(max_length=200, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    first_sent_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    lookups = models.SmallIntegerField(default=0)
    lease_epoch = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="recorded") | Q(first_sent_at__isnull=False),
                name="payments_operation_sent_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["succeeded", "declined"], settled_at__isnull=False)
                | Q(settled_at__isnull=True) & ~Q(state__in=["succeeded", "declined"]),
                name="payments_operation_final_is_settled",
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(state__in=["recorded", "sent", "unknown", "manual"]),
                name="operation_one_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["recorded", "sent", "unknown"]),
                name="operation_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


def wire_status(prefix: str = "") -> Combinable:
    """Return a payment's status as C17 names it (`integration.md`, 9.3).

    While an operation is in doubt the payment is `unknown`, never `failed` (R83).
    """
    doubtful = Operation.objects.filter(
        payment=OuterRef(f"{prefix}pk"), state__in=Operation.DOUBTFUL
    )
    state, names = f"{prefix}state", CharField()
    refunded = Q(**{f"{prefix}refunded__gt": 0})
    return Case(
        When(Exists(doubtful), then=Value("unknown")),
        When(**{state: Payment.State.NEW}, then=Value("created")),
        When(
            **{f"{state}__in": [Payment.State.PROCESSING, Payment.State.AUTHORIZED]},
            then=Value("processing"),
        ),
        When(**{state: Payment.State.DECLINED}, then=Value("failed")),
        When(refunded & Q(**{f"{prefix}refunded": F(f"{prefix}captured")}), then=Value("refunded")),
        When(refunded, then=Value("partially_refunded")),
        default=F(state),
        output_field=names,
    )


WIRE_STATUSES = (
    "created", "requires_action", "processing", "succeeded", "failed", "cancelled", "unknown",
    "partially_refunded", "refunded",
)  # fmt: skip


class FakeCharge(models.Model):
    """The books of the `fake` provider: what it believes it has charged, by key.

    It stands for a gateway's own database, so it has no organization and no row security.
    """

    key = models.CharField(max_length=60, primary_key=True)
    reference = models.CharField(max_length=60, unique=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    behaviour = models.CharField(max_length=30)
    outcome = models.CharField(max_length=20)
    decline_code = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reference
