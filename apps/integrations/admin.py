"""Admin pages of deliveries and dead letters."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from apps.core.admin import LookAdmin
from apps.integrations.models import DeadLetter, Delivery


@admin.register(Delivery)
class DeliveryAdmin(LookAdmin):
    list_display = (
        "kind", "connection_link", "state", "attempts", "replay_no", "due_at", "finished_at",
    )  # fmt: skip
    list_filter = ("state", "kind")
    list_select_related = ("connection",)
    search_fields = ("kind", "last_error", "connection__name", "id")
    date_hierarchy = "created_at"
    exclude = ("organization", "event")

    @admin.display(description="connection", ordering="connection__name")
    def connection_link(self, delivery: Delivery) -> str:
        """Return a link to the page of the connection."""
        url = reverse("admin:connections_connection_change", args=[delivery.connection_id])
        return format_html('<a href="{}">{}</a>', url, delivery.connection)


@admin.register(DeadLetter)
class DeadLetterAdmin(LookAdmin):
    list_display = ("kind", "source", "consumer", "attempts", "last_failed_at", "error")
    list_filter = ("source", "consumer")
    search_fields = ("kind", "error")
