"""Pages to look at conversations: who talks and when, never what is said."""

from typing import ClassVar

from django.contrib import admin

from apps.core.admin import LookAdmin
from apps.messaging.models import Conversation, Message


@admin.register(Conversation)
class ConversationAdmin(LookAdmin):
    list_display = ("subject", "project", "created_by", "last_number", "last_message_at")
    list_filter: ClassVar[list[str]] = ["last_message_at"]
    list_select_related = ("project", "created_by")
    search_fields = ("subject", "project__name", "created_by__email")
    date_hierarchy = "created_at"


@admin.register(Message)
class MessageAdmin(LookAdmin):
    list_display = ("conversation", "number", "sender", "created_at", "edited_at", "deleted_at")
    list_filter: ClassVar[list[str]] = ["created_at", "deleted_at"]
    list_select_related = ("conversation", "sender")
    search_fields = ("conversation__subject", "sender__email")
    date_hierarchy = "created_at"
