"""The person's own notifications."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of, gone
from apps.core.filters import by_choice, by_flag
from apps.core.lists import DetailView, ListView
from apps.notifications import services
from apps.notifications.models import Notification
from apps.notifications.serializers import NotificationSerializer, ReadCountSerializer
from apps.notifications.words import WORDS


class NotificationList(ListView[Notification]):
    serializer_class = NotificationSerializer
    filters: ClassVar[Any] = {
        "unread": by_flag("read_at__isnull"),
        "kind": by_choice("kind", sorted(WORDS)),
    }
    search = ("title", "body")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Notification]:
        """What the person was told."""
        return Notification.objects.visible_to(actor)


class NotificationDetail(DetailView[Notification]):
    serializer_class = NotificationSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Notification]:
        """What the person was told."""
        return Notification.objects.visible_to(actor)

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a notification from the list."""
        actor = actor_of(request)
        services.remove(actor, self.locked(self.visible(actor), pk))
        return gone()


class NotificationReads(ApiView[Notification]):
    serializer_class = NotificationSerializer

    @extend_schema(request=None, responses={200: NotificationSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Mark a notification as read."""
        actor = actor_of(request)
        rows = Notification.objects.visible_to(actor)
        services.mark_read(actor, self.locked(rows, pk))
        return self.shown(rows, pk)


class NotificationReadsAll(ApiView[Notification]):
    @extend_schema(request=None, responses={200: ReadCountSerializer})
    def post(self, request: Request) -> Response:
        """Mark all notifications as read."""
        count = services.mark_all_read(actor_of(request))
        return Response(ReadCountSerializer({"count": count}).data)
