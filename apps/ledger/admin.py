"""The ledger in the admin: to look at. The database itself refuses a change."""

from django.contrib import admin

from apps.core.admin import LookAdmin
from apps.core.money import Money
from apps.ledger.models import Posting


@admin.register(Posting)
class PostingAdmin(LookAdmin):
    list_display = ("created_at", "kind", "account", "debit", "credit", "owner_id")
    list_filter = ("currency", "account__code", "entry__kind")
    list_select_related = ("entry", "account")
    search_fields = ("account__code", "entry__kind")
    ordering = ("-created_at", "-id")

    @admin.display(description="kind", ordering="entry__kind")
    def kind(self, posting: Posting) -> str:
        """Return what the entry tells of."""
        return posting.entry.kind

    @admin.display(description="debit")
    def debit(self, posting: Posting) -> str:
        """Return the debit as people write it."""
        return Money(posting.amount, posting.currency).text() if posting.amount > 0 else ""

    @admin.display(description="credit")
    def credit(self, posting: Posting) -> str:
        """Return the credit as people write it."""
        return Money(-posting.amount, posting.currency).text() if posting.amount < 0 else ""
