"""What a person is told. Rows are made by a consumer of the event log, never by a request."""

from typing import Self

from django.db import models

from apps.accounts.models import User
from apps.core.actors import Actor
from apps.core.models import Record


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, actor: Actor) -> Self:
        """Everybody sees his own."""
        return self.filter(
            organization_id=actor.organization_id, user_id=actor.user_id, deleted_at__isnull=True
        )


class Notification(Record):
    """One event told to one person, once."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    event_id = models.UUIDField()
    kind = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    body = models.TextField(max_length=2000, blank=True)
    link = models.CharField(max_length=300, blank=True)
    object_type = models.CharField(max_length=40)
    object_id = models.UUIDField()
    read_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user", "event_id"], name="notifications_event_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "user", "-created_at", "-id"],
                name="notifications_new",
            ),
            models.Index(
                fields=["organization", "user"],
                condition=models.Q(read_at__isnull=True, deleted_at__isnull=True),
                name="notifications_unread",
            ),
        ]

    def __str__(self) -> str:
        return self.title
