"""Shapes of invoices and their lines (C17)."""

from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Case, F, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from rest_framework import serializers

from apps.core.fields import (
    AmountSerializer,
    ComputedField,
    InputSerializer,
    MillisecondField,
    MoneyField,
    QuantityField,
)
from apps.core.json_text import JsonObject
from apps.core.money import CURRENCIES
from apps.invoices.models import Invoice, Line
from apps.invoices.services import DraftContent
from apps.invoices.totals import Position

MAX_LINES = 500


def amount_due(prefix: str) -> Combinable:
    """Return what is still to be paid; `Invoice.due_minor` says the same in Python."""
    open_part = F(f"{prefix}total_minor") - F(f"{prefix}paid_minor")
    return JsonObject(
        {
            "amount": Case(
                When(**{f"{prefix}status": Invoice.Status.CANCELLED}, then=Value(0)),
                default=open_part,
                output_field=BigIntegerField(),
            ),
            "currency": F(f"{prefix}currency"),
        }
    )


def no_address(_prefix: str) -> Combinable:
    """Return null: a document has an address once it is drawn (P69)."""
    return Cast(Value(None), TextField())


class InvoiceLineSerializer(serializers.ModelSerializer[Line]):
    unit_price = AmountSerializer(amount="unit_price_minor")
    discount = AmountSerializer(amount="discount_minor")
    net = AmountSerializer(amount="net_minor")
    tax = AmountSerializer(amount="tax_minor")

    class Meta:
        model = Line
        row_order = ("position",)
        fields = ("description", "quantity", "unit_price", "tax_rate", "discount", "net", "tax")


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    client_id = serializers.UUIDField(read_only=True)
    project_id = serializers.UUIDField(read_only=True, allow_null=True)
    lines = InvoiceLineSerializer(many=True, read_only=True)
    subtotal = AmountSerializer(amount="subtotal_minor")
    tax_total = AmountSerializer(amount="tax_minor")
    total = AmountSerializer(amount="total_minor")
    amount_paid = AmountSerializer(amount="paid_minor")
    amount_due = ComputedField(amount_due, AmountSerializer())
    pdf_url = ComputedField(no_address, serializers.CharField(allow_null=True))
    sent_at = MillisecondField(read_only=True, allow_null=True)
    viewed_at = MillisecondField(read_only=True, allow_null=True)
    paid_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Invoice
        fields: tuple[str, ...] = (
            "id", "number", "client_id", "project_id", "status", "issue_date", "due_date",
            "currency", "lines", "subtotal", "tax_total", "total", "amount_paid", "amount_due",
            "notes", "terms", "pdf_url", "sent_at", "viewed_at", "paid_at", "created_at",
            "updated_at",
        )  # fmt: skip


class InvoiceSummarySerializer(InvoiceSerializer):
    """An invoice in a list: all but its lines, which a reader of twenty does not want."""

    lines = None  # type: ignore[assignment]

    class Meta(InvoiceSerializer.Meta):
        fields = tuple(name for name in InvoiceSerializer.Meta.fields if name != "lines")


class InvoicePositionSerializer(InputSerializer):
    """One line as it is entered: texts for decimals, money for prices."""

    description = serializers.CharField(max_length=1000)
    quantity = QuantityField(default=Decimal(1))
    unit_price = MoneyField()
    tax_rate = QuantityField(max_digits=8, default=Decimal(0), min_value=-100, max_value=1000)
    discount = MoneyField(min_amount=0, required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        """Return a Position; raises ValidationError."""
        return Position(**super().to_internal_value(data))


class InvoiceDraftSerializer(InputSerializer):
    """An invoice as it is entered. What is left out is empty, also in a PUT."""

    client_id = serializers.UUIDField()
    project_id = serializers.UUIDField(required=False, allow_null=True)
    issue_date = serializers.DateField(required=False, allow_null=True)
    due_date = serializers.DateField(required=False, allow_null=True)
    currency = serializers.ChoiceField(choices=sorted(CURRENCIES), required=False)
    lines = serializers.ListField(
        child=InvoicePositionSerializer(), required=False, max_length=MAX_LINES
    )
    notes = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    terms = serializers.CharField(required=False, allow_blank=True, max_length=5000)

    def to_internal_value(self, data: Any) -> Any:
        """Return the fields of a DraftContent that were given; raises ValidationError."""
        values = super().to_internal_value(data)
        if "lines" in values:
            values["positions"] = values.pop("lines")
        return values


def draft_content(values: dict[str, Any]) -> DraftContent:
    """Return a whole body as content."""
    return DraftContent(**values)
