"""Routes of payments under /api/v1/."""

from django.urls import path

from apps.payments import views

urlpatterns = [
    path(
        "invoices/<uuid:invoice_id>/payments",
        views.InvoicePaymentList.as_view(),
        name="invoice-payments",
    ),
    path("payments", views.PaymentList.as_view(), name="payment-list"),
    path("payments/<uuid:pk>", views.PaymentDetail.as_view(), name="payment-detail"),
]
