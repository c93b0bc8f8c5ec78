"""Payments and their operations in the admin: to look at."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import TabularInline

from apps.core.admin import LookAdmin, admin_actor
from apps.payments.models import Operation, Payment


class OperationInline(TabularInline):
    model = Operation
    extra = 0
    can_delete = False
    fields = (
        "kind", "state", "amount", "currency", "attempts", "lookups", "error_code", "due_at",
        "settled_at",
    )  # fmt: skip
    readonly_fields = fields
    ordering = ("created_at",)

    def has_view_permission(self, request: HttpRequest, obj: Payment | None = None) -> bool:
        """Show the operations to whoever may see the payment."""
        return admin_actor(request) is not None

    def has_add_permission(self, request: HttpRequest, obj: Payment | None = None) -> bool:
        """Refuse: an operation is recorded by its service."""
        return False


@admin.register(Payment)
class PaymentAdmin(LookAdmin):
    list_display = ("created_at", "invoice_link", "provider", "money_text", "state", "method")
    list_filter = ("state", "provider", "currency")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number", "provider_ref")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    inlines = (OperationInline,)

    @admin.display(description="invoice", ordering="invoice__number")
    def invoice_link(self, payment: Payment) -> str:
        """Return a link to the invoice."""
        place = reverse("admin:invoices_invoice_change", args=[payment.invoice_id])
        return format_html('<a href="{}">{}</a>', place, payment.invoice)

    @admin.display(description="amount", ordering="amount")
    def money_text(self, payment: Payment) -> str:
        """Return the amount as people write it."""
        return payment.money.text()
