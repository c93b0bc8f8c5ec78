"""Read pages of files and their versions."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from apps.core.admin import LookAdmin
from apps.files.models import File, FileVersion


@admin.register(File)
class FileAdmin(LookAdmin):
    list_display = ("name", "project", "client", "folder", "visibility", "state", "created_at")
    list_filter = ("visibility", "current__scan_status")
    search_fields = ("name", "description")
    list_select_related = ("project", "client", "current")
    date_hierarchy = "created_at"

    @admin.display(description="Version")
    def state(self, file: File) -> str:
        """Return number and check result of the current version, as a link to it."""
        version = file.current
        if version is None:
            return "-"
        place = reverse("admin:files_fileversion_change", args=[version.pk])
        return format_html('<a href="{}">{} {}</a>', place, version.number, version.scan_status)


@admin.register(FileVersion)
class FileVersionAdmin(LookAdmin):
    list_display = ("name", "number", "content_type", "size", "scan_status", "created_by")
    list_filter = ("scan_status", "content_type")
    search_fields = ("name", "sha256")
    list_select_related = ("created_by",)
    date_hierarchy = "created_at"
