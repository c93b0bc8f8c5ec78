"""Routes of API keys, service accounts, roles and the administration of people."""

from django.urls import path

from apps.accounts import key_views, member_views

urlpatterns = [
    path("api-keys", key_views.ApiKeyList.as_view(), name="api-key-list"),
    path("api-keys/<uuid:pk>", key_views.ApiKeyDetail.as_view(), name="api-key-detail"),
    path("service-accounts", key_views.ServiceAccountList.as_view(), name="service-account-list"),
    path(
        "service-accounts/<uuid:user_id>",
        key_views.ServiceAccountDetail.as_view(),
        name="service-account-detail",
    ),
    path(
        "service-accounts/<uuid:user_id>/api-keys",
        key_views.AccountKeyList.as_view(),
        name="service-account-key-list",
    ),
    path("roles", member_views.RoleList.as_view(), name="role-list"),
    path("roles/<uuid:pk>", member_views.RoleDetail.as_view(), name="role-detail"),
    path("users/<uuid:user_id>", member_views.MemberDetail.as_view(), name="member-detail"),
    path("users/<uuid:user_id>/departures", member_views.Departures.as_view(), name="departures"),
]
