"""Read pages of approvals."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from apps.approvals.models import Approval
from apps.core.admin import LookAdmin


@admin.register(Approval)
class ApprovalAdmin(LookAdmin):
    list_display = ("question", "client", "project", "subject", "rule", "status", "created_at")
    list_filter = ("status", "rule")
    search_fields = ("question", "file__name", "sha256")
    list_select_related = ("client", "project", "file")
    date_hierarchy = "created_at"

    @admin.display(description="File")
    def subject(self, approval: Approval) -> str:
        """Return the file and the version that was asked about, as a link."""
        place = reverse("admin:files_file_change", args=[approval.file_id])
        text = f"{approval.file} v{approval.subject_version}"
        return format_html('<a href="{}">{}</a>', place, text)
