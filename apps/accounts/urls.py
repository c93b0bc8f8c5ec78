"""Sign-in has the only verbs among the paths (design.md, section 5)."""

from django.urls import path

from apps.accounts import sign_on_views, views

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
    path("users", views.UserList.as_view(), name="user-list"),
    path("users/me/password", views.PasswordDetail.as_view(), name="password"),
    path("users/me", views.Me.as_view(), name="me"),
]
