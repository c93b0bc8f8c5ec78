"""Routes of notifications under /api/v1/."""

from django.urls import path

from apps.notifications import views

urlpatterns = [
    path("notifications", views.NotificationList.as_view(), name="notification-list"),
    path(
        "notifications/reads", views.NotificationReadsAll.as_view(), name="notification-reads-all"
    ),
    path("notifications/<uuid:pk>", views.NotificationDetail.as_view(), name="notification-detail"),
    path(
        "notifications/<uuid:pk>/reads",
        views.NotificationReads.as_view(),
        name="notification-reads",
    ),
]
