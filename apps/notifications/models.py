"""What a person is told. Rows are made by consumers of the event log, never by a request."""

from typing import Self

from django.db import models
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.core.actors import ADMIN, OWNER, SYSTEM, Actor
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


class MailQuerySet(models.QuerySet["Mail"]):
    def visible_to(self, actor: Actor) -> Self:
        """Owner and admin see all mails of the organization, nobody else any (R3)."""
        rows = self.filter(organization_id=actor.organization_id)
        return rows if actor.role in {OWNER, ADMIN, SYSTEM} else rows.none()


class Mail(Record):
    """A mail to one address, with its text and its state.

    A queue table: the sweep claims across organizations. `sent` means that the mail server took
    it (R100), `kept` that none is configured and the outbox page is where it is read (R3). A
    pending mail with a lease is being sent; `lease_epoch` fences out whoever held it before.
    A sensitive mail holds a link that opens an account: its words are removed once it has left.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        KEPT = "kept"
        FAILED = "failed", "not sent"

    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    event_id = models.UUIDField()
    kind = models.CharField(max_length=80)
    to_address = models.EmailField("to", max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    is_sensitive = models.BooleanField(default=False)
    message_id = models.CharField(max_length=200)
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    lease_epoch = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "mail outbox"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "event_id", "to_address"], name="notifications_mail_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="sent", sent_at__isnull=False)
                | ~models.Q(state="sent") & models.Q(sent_at__isnull=True),
                name="notifications_mail_sent_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "-created_at", "-id"], name="notifications_mail_new"
            ),
            models.Index(
                fields=["due_at"],
                condition=models.Q(state="pending"),
                name="notifications_mail_due",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    def may_be_read_by(self, actor: Actor | None) -> bool:
        """Whether a person who sees the row may read its words.

        A link in a sensitive mail signs in as somebody else. It is read here only where no server
        sends it (R3), by the owner, who may invite anybody anyway, and by its own addressee.
        """
        if not self.is_sensitive:
            return True
        if actor is None or self.state != Mail.State.KEPT:
            return False
        return actor.role == OWNER or self.user_id == actor.user_id
