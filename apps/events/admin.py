"""Pages to look at the log and at what its consumers could not handle."""

from typing import ClassVar

from django.contrib import admin

from apps.core.admin import LookAdmin
from apps.events.models import Event, Parked


@admin.register(Event)
class EventAdmin(LookAdmin):
    list_display = (
        "seq", "occurred_at", "kind", "aggregate_type", "aggregate_id", "audience", "actor_id",
    )  # fmt: skip
    list_filter: ClassVar[list[str]] = ["audience", "actor_type", "aggregate_type", "kind"]
    search_fields = ("kind", "aggregate_id", "actor_id", "request_id")
    search_help_text = "A kind, or the id of an object, a person or a request"
    date_hierarchy = "occurred_at"
    ordering = ("-seq",)


@admin.register(Parked)
class ParkedAdmin(LookAdmin):
    list_display = ("parked_at", "consumer", "event", "error", "resolved_at")
    list_filter: ClassVar[list[str]] = ["consumer", "resolved_at"]
    list_select_related = ("event",)
    search_fields = ("consumer", "error", "event__kind")
    date_hierarchy = "parked_at"
