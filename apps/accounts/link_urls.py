"""Routes of the links in mails; `token` is the text of a link."""

from django.urls import path

from apps.accounts import link_views as views

urlpatterns = [
    path("auth/password-resets", views.PasswordResetList.as_view(), name="password-reset-list"),
    path(
        "auth/password-resets/<str:token>",
        views.PasswordResetDetail.as_view(),
        name="password-reset-detail",
    ),
    path("auth/magic-links", views.MagicLinkList.as_view(), name="magic-link-list"),
    path("auth/magic-links/<str:token>", views.MagicLinkDetail.as_view(), name="magic-link-detail"),
    path(
        "auth/email-verifications",
        views.EmailVerificationList.as_view(),
        name="email-verification-list",
    ),
    path(
        "auth/email-verifications/<str:token>",
        views.EmailVerificationDetail.as_view(),
        name="email-verification-detail",
    ),
    path("users/me/email-changes", views.EmailChangeList.as_view(), name="email-change-list"),
    path(
        "auth/email-changes/<str:token>",
        views.EmailChangeDetail.as_view(),
        name="email-change-detail",
    ),
    path(
        "auth/email-changes/<str:token>/refusals",
        views.EmailChangeRefusals.as_view(),
        name="email-change-refusals",
    ),
]
