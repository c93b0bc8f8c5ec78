"""Invoices of the old pages and of the old API: two spellings of forms, one of rows.

The pages add amounts up, so theirs are JSON numbers; what only outside callers read is text. The
portal has no title: it is kept as the first line of the notes.
"""

from typing import Any

from django.db.models import DecimalField, F, Value
from django.db.models.functions import Coalesce
from rest_framework import serializers

from apps.core.fields import ComputedField
from apps.invoices.models import Invoice, Line
from apps.node_api.forms import OldForm, PageForm, said
from apps.node_api.shapes.columns import (
    filled,
    looked_up,
    midnight,
    moment,
    number,
    number_text,
    renamed,
    text_of,
)

# Pages offer to pay what is `sent` or `overdue`; a viewed invoice must not lose its button.
WORDS = {"viewed": "sent", "partially_paid": "sent", "refunded": "cancelled"}
STATUSES = ("draft", "sent", "viewed", "paid", "overdue", "cancelled")
OWN = ("organization_id", "id")
RATE = """SELECT CASE WHEN count(DISTINCT l.tax_rate) = 1 THEN max(l.tax_rate)
   ELSE coalesce(round(sum(l.tax_minor) * 100.0 / nullif(sum(l.net_minor), 0), 4), 0) END
  FROM invoices_line l WHERE (l.organization_id, l.invoice_id) = (%(expressions)s)"""
FRACTION = f"SELECT round(n / 100, 4)::text FROM ({RATE}) AS c(n)"  # noqa: S608  our own constants
PERCENT = f"SELECT trim_scale(n) FROM ({RATE}) AS c(n)"  # noqa: S608
TITLE = "SELECT nullif(split_part(v.n, E'\\n', 1), '') FROM (VALUES (%(expressions)s)) AS v(n)"
LATE = """SELECT CASE WHEN v.s = 'paid' THEN 'Paid'
   WHEN v.due < current_date AND v.s NOT IN ('paid', 'cancelled', 'draft') THEN 'Overdue'
   ELSE initcap(v.s) END FROM (VALUES (%(expressions)s)) AS v(s, due)"""
PAYMENT = """SELECT p.{column} FROM payments_payment p
 WHERE (p.organization_id, p.invoice_id) = (%(expressions)s) AND p.state = 'succeeded'
 ORDER BY p.created_at DESC LIMIT 1"""
PAID_DAY = """SELECT to_char(v.t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T00:00:00.000Z"')
  FROM (VALUES (%(expressions)s)) AS v(t)"""
QUANTITY = "SELECT trim_scale(v.q) FROM (VALUES (%(expressions)s)) AS v(q)"
TWO_PLACES = "SELECT round(v.q, 2)::text FROM (VALUES (%(expressions)s)) AS v(q)"
ORDER = "SELECT v.n - 1 FROM (VALUES (%(expressions)s)) AS v(n)"


def _number_of(sql: str, *columns: str) -> ComputedField:
    shape: DecimalField[Any, Any] = DecimalField(max_digits=20, decimal_places=4)
    return ComputedField(looked_up(sql, *columns, shape=shape), serializers.FloatField())


class LineItem(serializers.ModelSerializer[Line]):
    """A line of the pages: `rate` and `unit_price` are the same number."""

    quantity = _number_of(QUANTITY, "quantity")
    rate = number("unit_price_minor")
    unit_price = number("unit_price_minor")

    class Meta:
        model = Line
        row_order = ("position",)
        fields = ("description", "quantity", "rate", "unit_price")


class OldLineItem(serializers.ModelSerializer[Line]):
    """A line of the old API, with text for decimals."""

    invoice_id = serializers.UUIDField()
    quantity = text_of(TWO_PLACES, "quantity")
    unit_price = number_text("unit_price_minor")
    line_total = number_text("net_minor")
    order_index = _number_of(ORDER, "position")
    created_at = moment("invoice__created_at")

    class Meta:
        model = Line
        row_order = ("position",)
        fields = (
            "id", "invoice_id", "description", "quantity", "unit_price", "line_total",
            "order_index", "created_at",
        )  # fmt: skip


class _Common(serializers.ModelSerializer[Invoice]):
    client_id = serializers.UUIDField()
    project_id = serializers.UUIDField()
    invoice_number = ComputedField(
        lambda prefix: Coalesce(F(f"{prefix}number"), Value("DRAFT")), serializers.CharField()
    )
    status = renamed("status", WORDS)
    display_status = text_of(LATE, "status", "due_date")
    title = text_of(TITLE, "notes")
    notes = filled("notes")
    terms = filled("terms")
    amount = number("total_minor")
    issue_date = midnight("issue_date")
    invoice_date = midnight("issue_date")
    due_date = midnight("due_date")
    paid_at = moment("paid_at")
    paid_date = text_of(PAID_DAY, "paid_at")
    payment_method = text_of(PAYMENT.format(column="method"), *OWN)
    payment_reference = text_of(PAYMENT.format(column="provider_ref"), *OWN)
    client_name = serializers.CharField(source="client.name")
    client_email = filled("client__email")
    company_name = filled("client__company")
    project_name = serializers.CharField(source="project.name")
    created_at = moment("created_at")
    updated_at = moment("updated_at")


COMMON = (
    "id", "client_id", "project_id", "invoice_number", "status", "display_status", "title",
    "notes", "terms", "amount", "currency", "issue_date", "invoice_date", "due_date", "paid_at",
    "paid_date", "payment_method", "payment_reference", "client_name", "client_email",
    "company_name", "project_name", "created_at", "updated_at",
)  # fmt: skip
AMOUNTS = ("subtotal", "tax_rate", "tax_amount", "total_amount")


class InvoiceListRow(_Common):
    """A row of the list; every amount is a number."""

    subtotal = number("subtotal_minor")
    subtotal_amount = number("subtotal_minor")
    tax_rate = _number_of(PERCENT, *OWN)
    tax_amount = number("tax_minor")
    tax = number("tax_minor")
    total_amount = number("total_minor")
    items = LineItem(source="lines", many=True, read_only=True)

    class Meta:
        model = Invoice
        fields = (*COMMON, *AMOUNTS, "subtotal_amount", "tax", "items")


class InvoiceRow(_Common):
    """One invoice of the old API; amounts are text but `amount`, which the pages read."""

    subtotal = number_text("subtotal_minor")
    tax_rate = text_of(FRACTION, *OWN)
    tax_amount = number_text("tax_minor")
    total_amount = number_text("total_minor")
    client_phone = filled("client__phone")

    class Meta:
        model = Invoice
        fields = (*COMMON, *AMOUNTS, "client_phone")


class InvoiceLines(serializers.ModelSerializer[Invoice]):
    """The lines alone, as the old API shows them beside an invoice."""

    line_items = OldLineItem(source="lines", many=True, read_only=True)

    class Meta:
        model = Invoice
        fields = ("line_items",)


class InvoicePage(PageForm):
    """The query of the list."""

    status = serializers.ChoiceField(
        choices=STATUSES, required=False, error_messages=said("Invalid status")
    )
    client_id = serializers.UUIDField(required=False, error_messages=said("Invalid client ID"))
    project_id = serializers.UUIDField(required=False, error_messages=said("Invalid project ID"))


class StatusForm(OldForm):
    status = serializers.ChoiceField(
        choices=("sent", "paid", "cancelled"), error_messages=said("Invalid status")
    )


class InvoiceDetailLines(serializers.ModelSerializer[Invoice]):
    """The lines alone, as the portal page reads them."""

    line_items = LineItem(source="lines", many=True, read_only=True)

    class Meta:
        model = Invoice
        fields = ("line_items",)
