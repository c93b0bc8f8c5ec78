"""Invoices and their lines in the admin: to look at."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import TabularInline

from apps.core.admin import LookAdmin, admin_actor
from apps.core.money import Money
from apps.invoices.models import Invoice, Line


class LineInline(TabularInline):
    model = Line
    extra = 0
    can_delete = False
    fields = ("position", "description", "quantity", "tax_rate", "net", "tax")
    readonly_fields = fields
    ordering = ("position",)

    def has_view_permission(self, request: HttpRequest, obj: Invoice | None = None) -> bool:
        """Show the lines to whoever may see the invoice."""
        return admin_actor(request) is not None

    def has_add_permission(self, request: HttpRequest, obj: Invoice | None = None) -> bool:
        """Refuse: a draft is written through its service."""
        return False

    @admin.display(description="net")
    def net(self, line: Line) -> str:
        """Return the net amount as people write it."""
        return Money(line.net_minor, line.currency).text()

    @admin.display(description="tax")
    def tax(self, line: Line) -> str:
        """Return the tax as people write it."""
        return Money(line.tax_minor, line.currency).text()


@admin.register(Invoice)
class InvoiceAdmin(LookAdmin):
    list_display = (
        "__str__", "client_link", "status", "total_text", "due_text", "due_date", "created_at",
    )  # fmt: skip
    list_filter = ("status", "currency", "issue_date")
    list_select_related = ("client", "project")
    search_fields = ("number", "client__name")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    inlines = (LineInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        """Return the organization's invoices with what a page shows of others."""
        rows: QuerySet[Invoice] = super().get_queryset(request)
        return rows.select_related("client", "project")

    @admin.display(description="client", ordering="client__name")
    def client_link(self, invoice: Invoice) -> str:
        """Return a link to the client."""
        place = reverse("admin:clients_client_change", args=[invoice.client_id])
        return format_html('<a href="{}">{}</a>', place, invoice.client.name)

    @admin.display(description="total", ordering="total_minor")
    def total_text(self, invoice: Invoice) -> str:
        """Return the total as people write it."""
        return invoice.total.text()

    @admin.display(description="due")
    def due_text(self, invoice: Invoice) -> str:
        """Return what is still to be paid as people write it."""
        return invoice.due.text()
