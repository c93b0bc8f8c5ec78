"""Routes of projects under /api/v1/."""

from django.urls import URLPattern, path

from apps.projects import member_views, views

urlpatterns: list[URLPattern] = [
    path("service-types", views.ServiceTypeList.as_view(), name="service-type-list"),
    path("phase-library", views.LibraryList.as_view(), name="phase-library-list"),
    path("projects", views.ProjectList.as_view(), name="project-list"),
    path("projects/<uuid:pk>", views.ProjectDetail.as_view(), name="project-detail"),
    path(
        "projects/<uuid:pk>/restorations",
        views.ProjectRestorations.as_view(),
        name="project-restorations",
    ),
    path(
        "projects/<uuid:project_id>/members",
        member_views.ProjectMemberList.as_view(),
        name="project-member-list",
    ),
    path(
        "projects/<uuid:project_id>/members/<uuid:pk>",
        member_views.ProjectMemberDetail.as_view(),
        name="project-member-detail",
    ),
    path("projects/<uuid:project_id>/phases", views.PhaseList.as_view(), name="phase-list"),
    path(
        "projects/<uuid:project_id>/phases/<str:key>",
        views.PhaseDetail.as_view(),
        name="phase-detail",
    ),
    path(
        "projects/<uuid:project_id>/phases/<str:key>/completions",
        views.PhaseCompletions.as_view(),
        name="phase-completions",
    ),
    path(
        "projects/<uuid:project_id>/phases/<str:key>/actions/<str:action>/completions",
        views.PhaseActionCompletions.as_view(),
        name="phase-action-completions",
    ),
]
