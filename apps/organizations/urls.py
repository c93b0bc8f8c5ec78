"""The settings of an organization (C11) and what anybody may know of it."""

from django.urls import path

from apps.organizations import views

urlpatterns = [
    path("bootstrap", views.Bootstrap.as_view(), name="bootstrap"),
    path("organization/config", views.Config.as_view(), name="config"),
    path("organization/config/schema", views.ConfigSchema.as_view(), name="config-schema"),
    path("organization/config/validate", views.ConfigCheck.as_view(), name="config-validate"),
    path("organization/config/versions", views.VersionList.as_view(), name="config-version-list"),
    path(
        "organization/config/versions/<int:number>",
        views.VersionDetail.as_view(),
        name="config-version",
    ),
    path(
        "organization/config/versions/<int:number>/differences/<int:other>",
        views.VersionDifference.as_view(),
        name="config-difference",
    ),
    path(
        "organization/config/rollbacks", views.RollbackList.as_view(), name="config-rollback-list"
    ),
    path("organization/secrets", views.SecretList.as_view(), name="secret-list"),
    path("organization/secrets/<str:name>", views.SecretDetail.as_view(), name="secret"),
    path("organization/domains", views.DomainList.as_view(), name="domain-list"),
    path("organization/domains/<uuid:pk>", views.DomainDetail.as_view(), name="domain"),
    path(
        "organization/domains/<uuid:pk>/verifications",
        views.VerificationList.as_view(),
        name="domain-verification-list",
    ),
]
