"""Routes of ledger under /api/v1/."""

from django.urls import path

from apps.ledger import views

urlpatterns = [
    path("ledger-entries", views.LedgerEntryList.as_view(), name="ledger-entry-list"),
]
