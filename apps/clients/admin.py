"""Clients and contacts to look at."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from apps.clients.models import Client, Contact
from apps.core.admin import LookAdmin


@admin.register(Client)
class ClientAdmin(LookAdmin):
    list_display = ("name", "company", "email", "status", "currency", "created_at")
    list_filter = ("status", "currency")
    search_fields = ("name", "company", "email")
    date_hierarchy = "created_at"


@admin.register(Contact)
class ContactAdmin(LookAdmin):
    list_display = ("__str__", "email", "client_link", "role", "is_primary", "is_billing")
    list_filter = ("role", "is_primary", "is_billing")
    search_fields = ("first_name", "last_name", "email")
    list_select_related = ("client",)

    @admin.display(description="client", ordering="client__name")
    def client_link(self, contact: Contact) -> str:
        """Return a link to the company's page."""
        url = reverse("admin:clients_client_change", args=[contact.client_id])
        return format_html('<a href="{}">{}</a>', url, contact.client)
