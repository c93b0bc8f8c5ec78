"""Routes of insights under /api/v1/."""

from django.urls import path

from apps.insights import views

urlpatterns = [
    path("audit-events", views.AuditEventList.as_view(), name="audit-event-list"),
    path("audit-events/<uuid:pk>", views.AuditEventDetail.as_view(), name="audit-event-detail"),
    path("exports", views.ExportList.as_view(), name="export-list"),
    path("exports/<uuid:pk>", views.ExportDetail.as_view(), name="export-detail"),
    path("exports/<uuid:pk>/content", views.ExportContent.as_view(), name="export-content"),
    path("users/<uuid:pk>/erasures", views.UserErasures.as_view(), name="user-erasures"),
    path("erasures", views.ErasureList.as_view(), name="erasure-list"),
    path("erasures/<uuid:pk>", views.ErasureDetail.as_view(), name="erasure-detail"),
    path("retention-runs", views.RetentionRunList.as_view(), name="retention-run-list"),
    path(
        "retention-runs/<uuid:pk>", views.RetentionRunDetail.as_view(), name="retention-run-detail"
    ),
]
