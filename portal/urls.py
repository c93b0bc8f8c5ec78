"""Every route of the process. `tests/test_access_matrix.py` holds a row for each of the API."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from apps.accounts.oauth import token
from apps.events.views import event_schema
from portal import branding, link_pages, pages, sign_on_pages

AREAS = (
    "organizations", "accounts", "clients", "projects", "files", "approvals", "invoices",
    "payments", "ledger", "messaging", "notifications", "connections", "integrations", "events",
    "insights",
)  # fmt: skip
V1 = [path("", include(f"apps.{area}.urls")) for area in AREAS]

LINK_PAGES = [
    path("invitations/<str:token>", link_pages.InvitationPage.as_view(), name="invitation-page"),
    path(
        "registrations/<str:token>", link_pages.RegistrationPage.as_view(), name="registration-page"
    ),
    path("password-reset", link_pages.AskForReset.as_view(), name="ask-for-reset"),
    path("password-reset/<str:token>", link_pages.PasswordResetPage.as_view(), name="reset-page"),
    path("magic-link", link_pages.AskForMagicLink.as_view(), name="ask-for-magic-link"),
    path("magic-link/<str:token>", link_pages.MagicLinkPage.as_view(), name="magic-link-page"),
    path("verify-email/<str:token>", link_pages.VerifyEmailPage.as_view(), name="verify-page"),
    path("email-change/<str:token>", link_pages.EmailChangePage.as_view(), name="change-page"),
]

urlpatterns = [
    path("", pages.home, name="home"),
    path("branding.css", branding.stylesheet, name="branding-stylesheet"),
    path("branding/logo", branding.logo, name="branding-logo"),
    path("sso/<slug:slug>/<slug:provider>/callback", sign_on_pages.callback, name="sso-callback"),
    path("sso/<slug:slug>/<slug:provider>/acs", sign_on_pages.consume_assertion, name="sso-acs"),
    *LINK_PAGES,
    path("api/v1/", include(V1)),
    path("oauth/token", token, name="oauth-token"),
    path("api/v1/openapi.json", pages.openapi, name="openapi"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="openapi"), name="docs"),
    path("api/redoc", SpectacularRedocView.as_view(url_name="openapi"), name="redoc"),
    path("schemas/events/<str:kind>/<int:version>.json", event_schema, name="event-schema"),
    path("api/", include("apps.node_api.urls")),
    path("health", pages.health_report, name="health"),
    path("health/live", pages.live, name="health-live"),
    path("health/ready", pages.ready, name="health-ready"),
    path("metrics", pages.metrics_text, name="metrics"),
    path("admin/", admin.site.urls),
]

handler400 = "portal.pages.bad_request"
handler403 = "portal.pages.forbidden"
handler404 = "portal.pages.not_found"
handler500 = "portal.pages.server_error"
