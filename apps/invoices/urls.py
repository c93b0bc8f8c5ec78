"""Routes of invoices under /api/v1/. Their payments are routes of apps.payments."""

from django.urls import path

from apps.invoices import views

urlpatterns = [
    path("invoices", views.InvoiceList.as_view(), name="invoice-list"),
    path("invoices/<uuid:pk>", views.InvoiceDetail.as_view(), name="invoice-detail"),
    path("invoices/<uuid:pk>/sends", views.InvoiceSends.as_view(), name="invoice-sends"),
    path(
        "invoices/<uuid:pk>/cancellations",
        views.InvoiceCancellations.as_view(),
        name="invoice-cancellations",
    ),
]
