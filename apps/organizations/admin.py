"""The organization and its settings document, to look at."""

from django.contrib import admin

from apps.core.admin import LookAdmin
from apps.organizations.models import Organization


@admin.register(Organization)
class OrganizationAdmin(LookAdmin):
    list_display = ("name", "slug", "status", "currency", "timezone", "is_demo", "created_at")
    list_filter = ("status", "is_demo")
    search_fields = ("name", "slug")
