"""Conversations between people of one organization, numbered messages, read marks."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef

from apps.accounts.models import User
from apps.core.actors import Actor
from apps.core.models import Record
from apps.projects.models import Project


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, actor: Actor) -> Self:
        """Everybody, the owner too, sees the conversations he takes part in (C18)."""
        mine = Participant.objects.filter(conversation=OuterRef("pk"), user_id=actor.user_id)
        return self.filter(Exists(mine), organization_id=actor.organization_id)


class Conversation(Record):
    """A thread. `last_number` is the number of its newest message."""

    subject = models.CharField(max_length=200, blank=True)
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="conversations"
    )
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    last_number = models.PositiveIntegerField(default=0)
    last_message_at = models.DateTimeField(null=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["organization", "-created_at", "-id"], name="messaging_conversation_new"
            )
        ]

    def __str__(self) -> str:
        return self.subject or str(self.id)


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def visible_to(self, actor: Actor) -> Self:
        """Who takes part in a conversation sees who else does."""
        mine = Participant.objects.filter(
            conversation=OuterRef("conversation"), user_id=actor.user_id
        )
        return self.filter(Exists(mine), organization_id=actor.organization_id)


class Participant(Record):
    """A person in a conversation; `read_number` is the newest message he has read.

    Reading changes this row and not the conversation's, whose version stays fit for `If-Match`.
    """

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="participants", db_index=False
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    read_number = models.PositiveIntegerField(default=0)
    read_at = models.DateTimeField(null=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "conversation", "user"], name="messaging_participant_once"
            )
        ]
        indexes = [models.Index(fields=["organization", "user"], name="messaging_participant_user")]

    def __str__(self) -> str:
        return str(self.user_id)


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, actor: Actor) -> Self:
        """Everybody sees his own side of the conversations he takes part in."""
        return self.filter(organization_id=actor.organization_id, user_id=actor.user_id)


class Thread(models.Model):
    """A conversation as one of its people sees it: the view `messaging_thread` of migration 0002.

    One row per participant, under the participant's id. `version` is the conversation's, so the
    ETag of what a person is shown fits the `If-Match` of an edit; what is unread is his own.
    """

    id = models.UUIDField(primary_key=True)
    organization_id = models.UUIDField()
    conversation = models.ForeignKey(Conversation, models.DO_NOTHING, related_name="+")
    user = models.ForeignKey(User, models.DO_NOTHING, related_name="+")
    project = models.ForeignKey(Project, models.DO_NOTHING, null=True, related_name="+")
    subject = models.CharField(max_length=200)
    version = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    last_message_at = models.DateTimeField(null=True)
    active_at = models.DateTimeField()
    unread_count = models.IntegerField()
    is_unread = models.BooleanField()

    objects = ThreadQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "messaging_thread"

    def __str__(self) -> str:
        return self.subject or str(self.conversation_id)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, actor: Actor) -> Self:
        """Who takes part in a conversation sees its messages."""
        mine = Participant.objects.filter(
            conversation=OuterRef("conversation"), user_id=actor.user_id
        )
        return self.filter(Exists(mine), organization_id=actor.organization_id)


class Message(Record):
    """`number` counts within the conversation. A deleted message keeps its place, not its text."""

    conversation = models.ForeignKey(
        Conversation, models.PROTECT, related_name="messages", db_index=False
    )
    sender = models.ForeignKey(User, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    body = models.TextField(max_length=20_000)
    attachments = ArrayField(models.UUIDField(), default=list, blank=True)
    client_key = models.CharField(max_length=64, blank=True)
    edited_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "conversation", "number"],
                name="messaging_message_number_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "conversation", "sender", "client_key"],
                condition=~models.Q(client_key=""),
                name="messaging_message_sent_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "conversation", "-created_at", "-id"],
                name="messaging_message_new",
            )
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} #{self.number}"
