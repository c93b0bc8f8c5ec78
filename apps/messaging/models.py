"""Conversations between people of one organization, numbered messages, read marks."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef

from apps.accounts.models import User
from apps.core.actors import Actor
from apps.core.models import Part, Record
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


class Participant(Part):
    """A person in a conversation; `read_number` is the newest message he has read."""

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="participants", db_index=False
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    read_number = models.PositiveIntegerField(default=0)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "conversation", "user"], name="messaging_participant_once"
            )
        ]
        indexes = [models.Index(fields=["organization", "user"], name="messaging_participant_user")]

    def __str__(self) -> str:
        return str(self.user_id)


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
