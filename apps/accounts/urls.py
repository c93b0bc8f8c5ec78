"""Sign-in has the only verbs among the paths (design.md, section 5)."""

from django.urls import include, path

from apps.accounts import views

urlpatterns = [
    path("auth/login", views.Login.as_view(), name="login"),
    path("auth/refresh", views.Refresh.as_view(), name="refresh"),
    path("auth/handoffs", views.HandoffList.as_view(), name="handoff-list"),
    path("auth/logout", views.Logout.as_view(), name="logout"),
    path("auth/logout-all", views.LogoutAll.as_view(), name="logout-all"),
    path("auth/sessions", views.SessionList.as_view(), name="session-list"),
    path("auth/sessions/<uuid:pk>", views.SessionDetail.as_view(), name="session-detail"),
    path("", include("apps.accounts.key_urls")),
    path("users", views.UserList.as_view(), name="user-list"),
    path("users/me", views.Me.as_view(), name="me"),
]
