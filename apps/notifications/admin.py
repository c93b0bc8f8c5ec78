"""A page to look at the own notifications: nobody sees another person's."""

from typing import ClassVar

from django.contrib import admin

from apps.core.admin import LookAdmin
from apps.notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(LookAdmin):
    list_display = ("title", "kind", "user", "object_type", "created_at", "read_at")
    list_filter: ClassVar[list[str]] = ["kind", "object_type"]
    list_select_related = ("user",)
    search_fields = ("title", "body")
    date_hierarchy = "created_at"
