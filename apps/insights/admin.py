"""Exports, erasures and retention runs, to look at."""

from typing import Any, ClassVar

from django.contrib import admin

from apps.core.admin import LookAdmin
from apps.insights.models import Erasure, Export, RetentionRun


@admin.register(Export)
class ExportAdmin(LookAdmin):
    list_display = ("created_at", "kind", "user", "requested_by", "ready_at", "expires_at", "size")
    list_select_related = ("user", "requested_by")
    search_fields = ("user__email", "user__last_name")
    date_hierarchy = "created_at"
    exclude = ("storage_key",)


@admin.register(Erasure)
class ErasureAdmin(LookAdmin):
    list_display = ("created_at", "pseudonym", "requested_by", "erase_messages", "finished_at")
    list_filter: ClassVar[list[Any]] = ["erase_messages", "is_account"]
    list_select_related = ("requested_by",)
    search_fields = ("pseudonym",)
    date_hierarchy = "created_at"


@admin.register(RetentionRun)
class RetentionRunAdmin(LookAdmin):
    list_display = ("day", "created_at", "finished_at")
    date_hierarchy = "day"
