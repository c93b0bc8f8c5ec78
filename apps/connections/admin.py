"""Admin pages of connections and their calls. Secrets have no page."""

from django.contrib import admin

from apps.connections.models import Connection
from apps.core.admin import LookAdmin


@admin.register(Connection)
class ConnectionAdmin(LookAdmin):
    list_display = ("name", "kind", "state", "breaker", "failing_count", "last_success_at")
    list_filter = ("kind", "state", "breaker")
    search_fields = ("name", "id")
    date_hierarchy = "created_at"
    exclude = ("organization",)
