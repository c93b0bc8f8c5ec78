"""Admin pages of deliveries and dead letters."""

from django.contrib import admin

from apps.core.admin import LookAdmin
from apps.integrations.models import DeadLetter, Delivery


@admin.register(Delivery)
class DeliveryAdmin(LookAdmin):
    list_display = (
        "kind", "connection", "state", "attempts", "replay_no", "due_at", "finished_at",
    )  # fmt: skip
    list_filter = ("state", "kind")
    list_select_related = ("connection",)
    search_fields = ("kind", "last_error", "connection__name", "id")
    date_hierarchy = "created_at"
    exclude = ("organization",)


@admin.register(DeadLetter)
class DeadLetterAdmin(LookAdmin):
    list_display = ("kind", "source", "consumer", "attempts", "last_failed_at", "error")
    list_filter = ("source", "consumer")
    search_fields = ("kind", "error")
