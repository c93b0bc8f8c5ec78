"""Notifications on the old face: `/api/notifications*`."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse

from apps.core.actors import Actor
from apps.core.filters import Filter
from apps.node_api.answers import answer
from apps.node_api.api import NodeView, id_of
from apps.node_api.lists import NumberedList
from apps.node_api.pages import NumberedPage, snake_pages
from apps.node_api.shapes.notifications import (
    TYPES,
    NotificationDetailRow,
    NotificationPage,
    NotificationRow,
)
from apps.notifications import services
from apps.notifications.models import Notification


class NotificationArea(NodeView):
    thing = "Notification"

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Notification]:
        """What the person was told."""
        return Notification.objects.visible_to(actor)


class NotificationList(NotificationArea, NumberedList):
    key = "notifications"
    row = NotificationRow
    form = NotificationPage
    filters: ClassVar[Any] = {
        "type": Filter("kind__startswith", TYPES.__getitem__, None, {"type": "string"}),
        "is_read": Filter("read_at__isnull", lambda t: t == "false", None, {"type": "string"}),
    }
    keeps_empty = True

    def pagination(self, page: NumberedPage) -> dict[str, Any]:
        """Return the old shape."""
        return snake_pages(page)

    def unread(self, actor: Actor) -> QuerySet[Notification]:
        """What the person has not read, whatever the list is narrowed to."""
        return Notification.objects.visible_to(actor).filter(read_at__isnull=True)

    def listed(self, given: Any, page: NumberedPage) -> HttpResponse:
        """Return the list with `unread_count` beside it."""
        return answer(
            {
                "notifications": page.array,
                "pagination": snake_pages(page),
                "unread_count": page.unread,
            }
        )


class UnreadNotifications(NotificationArea):
    def get(self, actor: Actor) -> HttpResponse:
        """Count what the person has not read."""
        count = self.visible(actor).filter(read_at__isnull=True).count()
        return answer({"unread_count": count})


class NotificationRead(NotificationArea):
    def patch(self, actor: Actor, pk: str) -> HttpResponse:
        """Mark one as read."""
        row = self.locked(self.visible(actor), id_of(pk, label="notification"))
        services.mark_read(actor, row)
        shown = self.shown(self.visible(actor).filter(id=row.id), NotificationDetailRow)
        return answer({"message": "Notification marked as read", "notification": shown})


class NotificationsReadAll(NotificationArea):
    def patch(self, actor: Actor) -> HttpResponse:
        """Mark all as read."""
        count = services.mark_all_read(actor)
        text = f"Marked {count} notifications as read"
        return answer({"message": text, "updated_count": count})


class NotificationsClearRead(NotificationArea):
    def delete(self, actor: Actor) -> HttpResponse:
        """Remove all that were read."""
        rows = self.visible(actor).filter(read_at__isnull=False).select_for_update(of=("self",))
        read = list(rows.order_by("id"))
        for row in read:
            services.remove(actor, row)
        text = f"Cleared {len(read)} notifications"
        return answer({"message": text, "cleared_count": len(read)})


class NotificationDetail(NotificationArea):
    def delete(self, actor: Actor, pk: str) -> HttpResponse:
        """Remove one from the list."""
        services.remove(actor, self.locked(self.visible(actor), id_of(pk, label="notification")))
        return answer({"message": "Notification deleted successfully"})
