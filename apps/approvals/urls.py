"""Routes of approvals under /api/v1/."""

from django.urls import path

from apps.approvals import views

ONE = "approvals/<uuid:pk>"

urlpatterns = [
    path("approvals", views.ApprovalList.as_view(), name="approval-list"),
    path(ONE, views.ApprovalDetail.as_view(), name="approval-detail"),
    path(f"{ONE}/decisions", views.ApprovalDecisions.as_view(), name="approval-decisions"),
    path(f"{ONE}/withdrawals", views.ApprovalWithdrawals.as_view(), name="approval-withdrawals"),
    path(f"{ONE}/evidence", views.ApprovalEvidence.as_view(), name="approval-evidence"),
]
