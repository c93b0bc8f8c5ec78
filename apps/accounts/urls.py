"""Sign-in has the only verbs among the paths (design.md, section 5)."""

from django.urls import include, path

from apps.accounts import factor_views as factors
from apps.accounts import sign_on_views, views
from apps.accounts.link_urls import urlpatterns as link_routes

urlpatterns = [
    path("auth/login", views.Login.as_view(), name="login"),
    path("auth/refresh", views.Refresh.as_view(), name="refresh"),
    path("auth/handoffs", views.HandoffList.as_view(), name="handoff-list"),
    path(
        "auth/provider-discoveries",
        sign_on_views.ProviderDiscoveryList.as_view(),
        name="provider-discovery-list",
    ),
    path(
        "auth/sso/<slug:provider>/starts",
        sign_on_views.SignOnStartList.as_view(),
        name="sign-on-start-list",
    ),
    path(
        "auth/saml/<slug:provider>/metadata",
        sign_on_views.SamlMetadata.as_view(),
        name="saml-metadata",
    ),
    path("auth/exchange", sign_on_views.Exchange.as_view(), name="exchange"),
    path("auth/logout", views.Logout.as_view(), name="logout"),
    path("auth/logout-all", views.LogoutAll.as_view(), name="logout-all"),
    path("auth/sessions", views.SessionList.as_view(), name="session-list"),
    path("auth/sessions/<uuid:pk>", views.SessionDetail.as_view(), name="session-detail"),
    path("auth/factors", factors.FactorList.as_view(), name="factor-list"),
    path("auth/factors/<uuid:pk>", factors.FactorDetail.as_view(), name="factor-detail"),
    path("auth/factors/apps", factors.TotpList.as_view(), name="totp-list"),
    path(
        "auth/factors/apps/<uuid:pk>/confirmations",
        factors.TotpConfirmationList.as_view(),
        name="totp-confirmation-list",
    ),
    path("auth/factors/passkeys", factors.PasskeyList.as_view(), name="passkey-list"),
    path(
        "auth/factors/passkey-registrations",
        factors.PasskeyRegistrationList.as_view(),
        name="passkey-registration-list",
    ),
    path("auth/recovery-codes", factors.RecoveryCodeList.as_view(), name="recovery-code-list"),
    path("auth/proofs", factors.ProofList.as_view(), name="proof-list"),
    path(
        "auth/passkey-challenges",
        factors.PasskeyChallengeList.as_view(),
        name="passkey-challenge-list",
    ),
    path("auth/passkey-sign-ins", factors.PasskeySignInList.as_view(), name="passkey-sign-in-list"),
    path("auth/second-factors", factors.SecondFactorList.as_view(), name="second-factor-list"),
    path("auth/second-factors/enrolments", factors.EnrolmentList.as_view(), name="enrolment-list"),
    path(
        "auth/second-factors/enrolments/<uuid:pk>/confirmations",
        factors.EnrolmentConfirmationList.as_view(),
        name="enrolment-confirmation-list",
    ),
    path("", include("apps.accounts.key_urls")),
    path("users", views.UserList.as_view(), name="user-list"),
    path("users/me/password", views.PasswordDetail.as_view(), name="password"),
    path("users/me", views.Me.as_view(), name="me"),
    *link_routes,
]
