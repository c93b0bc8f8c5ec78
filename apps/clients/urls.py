"""Routes of clients under /api/v1/, and of coming in, which makes people their contacts."""

from django.urls import URLPattern, path

from apps.clients import views

urlpatterns: list[URLPattern] = [
    path("clients", views.ClientList.as_view(), name="client-list"),
    path("clients/<uuid:pk>", views.ClientDetail.as_view(), name="client-detail"),
    path("clients/<uuid:pk>/archivals", views.ClientArchivals.as_view(), name="client-archivals"),
    path(
        "clients/<uuid:pk>/restorations",
        views.ClientRestorations.as_view(),
        name="client-restorations",
    ),
    path("clients/<uuid:client_id>/contacts", views.ContactList.as_view(), name="contact-list"),
    path(
        "clients/<uuid:client_id>/contacts/<uuid:pk>",
        views.ContactDetail.as_view(),
        name="contact-detail",
    ),
    path("invitations", views.InvitationList.as_view(), name="invitation-list"),
    path("invitations/<uuid:pk>", views.InvitationDetail.as_view(), name="invitation-detail"),
    path(
        "invitations/<uuid:pk>/resends",
        views.InvitationResends.as_view(),
        name="invitation-resends",
    ),
    path("auth/register", views.Register.as_view(), name="register"),
    path(
        "auth/registrations/<str:token>",
        views.RegistrationDetail.as_view(),
        name="registration-detail",
    ),
]
