"""Routes of the old wire contract, under /api/. Ids are texts: a wrong one is 400, not 404."""

from django.urls import path

from apps.node_api.views import (
    auth,
    clients,
    fallback,
    files,
    invoices,
    messages,
    notifications,
    projects,
)

AUTH = [
    path("auth/login", auth.Login.as_view(), name="node-login"),
    path("auth/register", auth.Register.as_view(), name="node-register"),
    path("auth/me", auth.Me.as_view(), name="node-me"),
    path("auth/verify", auth.Verify.as_view(), name="node-verify"),
    path("auth/refresh", auth.Refresh.as_view(), name="node-refresh"),
    path("auth/logout", auth.Logout.as_view(), name="node-logout"),
]
PROJECTS = [
    path("projects", projects.ProjectList.as_view(), name="node-projects"),
    path("projects/<str:pk>", projects.ProjectDetail.as_view(), name="node-project"),
    path(
        "projects/<str:pk>/details", projects.ProjectDetails.as_view(), name="node-project-details"
    ),
    path("projects/<str:pk>/phases", projects.ProjectPhases.as_view(), name="node-project-phases"),
    path(
        "projects/<str:pk>/phases/<str:number>",
        projects.ProjectPhase.as_view(),
        name="node-project-phase",
    ),
    path("projects/<str:pk>/phase", projects.ProjectPhaseSet.as_view(), name="node-phase-set"),
    path(
        "projects/<str:pk>/advance-phase",
        projects.ProjectPhaseAdvance.as_view(),
        name="node-phase-advance",
    ),
]
CLIENTS = [
    path("clients", clients.ClientList.as_view(), name="node-clients"),
    path("clients/<str:pk>", clients.ClientDetail.as_view(), name="node-client"),
    path(
        "clients/<str:pk>/projects", clients.ClientProjects.as_view(), name="node-client-projects"
    ),
    path(
        "clients/<str:pk>/reactivate",
        clients.ClientReactivation.as_view(),
        name="node-client-reactivate",
    ),
]
FILES = [
    path("files", files.FileList.as_view(), name="node-files"),
    path("files/upload", files.FileUpload.as_view(), name="node-upload"),
    path("files/<str:pk>", files.FileDetail.as_view(), name="node-file"),
    path("files/<str:pk>/download", files.FileDownload.as_view(), name="node-download"),
    path("files/<str:pk>/preview", files.FilePreview.as_view(), name="node-preview"),
    path("files/<str:pk>/thumbnail", files.FileThumbnail.as_view(), name="node-thumbnail"),
]
INVOICES = [
    path("invoices", invoices.InvoiceList.as_view(), name="node-invoices"),
    path("invoices/stats", invoices.InvoiceStats.as_view(), name="node-invoice-stats"),
    path("invoices/<str:pk>", invoices.InvoiceDetail.as_view(), name="node-invoice"),
    path(
        "invoices/<str:pk>/details", invoices.InvoiceDetails.as_view(), name="node-invoice-details"
    ),
    path("invoices/<str:pk>/send", invoices.InvoiceSend.as_view(), name="node-invoice-send"),
    path("invoices/<str:pk>/cancel", invoices.InvoiceCancel.as_view(), name="node-invoice-cancel"),
    path("invoices/<str:pk>/status", invoices.InvoiceStatus.as_view(), name="node-invoice-status"),
    path("invoices/<str:pk>/pay", invoices.InvoicePay.as_view(), name="node-invoice-pay"),
]
MESSAGES = [
    path("messages", messages.Messages.as_view(), name="node-messages"),
    path("messages/conversations", messages.ConversationList.as_view(), name="node-conversations"),
    path(
        "messages/conversations/<str:pk>",
        messages.MessageList.as_view(),
        name="node-conversation",
    ),
    path(
        "messages/conversations/<str:pk>/read",
        messages.ConversationRead.as_view(),
        name="node-conversation-read",
    ),
    path(
        "messages/conversation/<str:user_id>",
        messages.MessagesWithPerson.as_view(),
        name="node-conversation-with",
    ),
    path("messages/send", messages.MessageSend.as_view(), name="node-message-send"),
    path("messages/unread-count", messages.UnreadMessages.as_view(), name="node-messages-unread"),
    path("messages/search", messages.MessageSearch.as_view(), name="node-message-search"),
    path("messages/<str:pk>/read", messages.MessageRead.as_view(), name="node-message-read"),
    path("messages/<str:pk>", messages.MessageDetail.as_view(), name="node-message"),
]
NOTIFICATIONS = [
    path("notifications", notifications.NotificationList.as_view(), name="node-notifications"),
    path(
        "notifications/unread-count",
        notifications.UnreadNotifications.as_view(),
        name="node-notifications-unread",
    ),
    path(
        "notifications/mark-all-read",
        notifications.NotificationsReadAll.as_view(),
        name="node-notifications-read",
    ),
    path(
        "notifications/clear-read",
        notifications.NotificationsClearRead.as_view(),
        name="node-notifications-clear",
    ),
    path(
        "notifications/<str:pk>/read",
        notifications.NotificationRead.as_view(),
        name="node-notification-read",
    ),
    path(
        "notifications/<str:pk>",
        notifications.NotificationDetail.as_view(),
        name="node-notification",
    ),
]
urlpatterns = [
    path("health", fallback.health, name="node-health"),
    *AUTH,
    *PROJECTS,
    *CLIENTS,
    *FILES,
    *INVOICES,
    *MESSAGES,
    *NOTIFICATIONS,
    path("<path:rest>", fallback.unknown, name="node-unknown"),
]
