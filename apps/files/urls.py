"""Routes of files under /api/v1/."""

from django.urls import path

from apps.files import views

urlpatterns = [
    path("files", views.FileList.as_view(), name="file-list"),
    path("files/<uuid:pk>", views.FileDetail.as_view(), name="file-detail"),
    path(
        "files/<uuid:pk>/restorations", views.FileRestorations.as_view(), name="file-restorations"
    ),
    path("files/<uuid:file_id>/versions", views.FileVersions.as_view(), name="file-versions"),
    path(
        "files/<uuid:pk>/versions/<int:number>/restorations",
        views.FileVersionRestorations.as_view(),
        name="file-version-restorations",
    ),
    path("files/<uuid:pk>/content", views.FileContent.as_view(), name="file-content"),
    path(
        "files/<uuid:pk>/versions/<int:number>/content",
        views.FileVersionContent.as_view(),
        name="file-version-content",
    ),
]
