"""Routes of messaging under /api/v1/."""

from django.urls import path

from apps.messaging import views

MESSAGES = "conversations/<uuid:conversation_id>/messages"

urlpatterns = [
    path("conversations", views.ConversationList.as_view(), name="conversation-list"),
    path("conversations/<uuid:pk>", views.ConversationDetail.as_view(), name="conversation-detail"),
    path(
        "conversations/<uuid:pk>/reads",
        views.ConversationReads.as_view(),
        name="conversation-reads",
    ),
    path(MESSAGES, views.MessageList.as_view(), name="message-list"),
    path(f"{MESSAGES}/<uuid:pk>", views.MessageDetail.as_view(), name="message-detail"),
]
