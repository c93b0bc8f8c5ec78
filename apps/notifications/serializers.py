"""The shape of a notification (C17)."""

from typing import Any

from rest_framework import serializers

from apps.core.fields import MillisecondField
from apps.notifications.models import Notification


class ObjectSerializer(serializers.Serializer[Any]):
    """What a notification is about."""

    type = serializers.CharField(source="object_type")
    id = serializers.UUIDField(source="object_id")


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """One event told to one person; `link` is a page of the web client."""

    object = ObjectSerializer(source="*", read_only=True)
    read_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Notification
        fields = (
            "id", "kind", "title", "body", "link", "object", "read_at", "created_at", "updated_at",
        )  # fmt: skip


class ReadCountSerializer(serializers.Serializer[Any]):
    """How many notifications were marked as read."""

    count = serializers.IntegerField()
