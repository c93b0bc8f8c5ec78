"""Shapes of conversations and messages (C17)."""

from typing import Any

from django.db.models import F, JSONField, OuterRef, Subquery, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat, NullIf, Trim
from rest_framework import serializers

from apps.accounts.models import Membership
from apps.core.fields import ComputedField, InputSerializer, MillisecondField
from apps.core.json_text import EmptyArray, JsonArray, JsonObject
from apps.messaging.models import Message, Participant, Thread

MAX_BODY = 20_000
MAX_PEOPLE, MAX_ATTACHMENTS = 50, 5


def person_name(user: str) -> Combinable:
    """Return the expression of the name of the person at `user`, else his e-mail."""
    full = Trim(Concat(F(f"{user}__first_name"), Value(" "), F(f"{user}__last_name")))
    return Coalesce(NullIf(full, Value("")), F(f"{user}__email"), output_field=TextField())


class PersonSerializer(serializers.Serializer[Any]):
    """Somebody in a conversation."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Membership.Role.choices)


def _participants(_prefix: str) -> Combinable:
    role = Membership.objects.filter(
        user_id=OuterRef("user_id"), organization_id=OuterRef("organization_id")
    )
    person = JsonObject(
        {"id": F("user_id"), "name": person_name("user"), "role": Subquery(role.values("role")[:1])}
    )
    return _array(Participant.objects.filter(conversation=OuterRef("conversation_id")), person)


def _read_by(_prefix: str) -> Combinable:
    readers = Participant.objects.filter(
        conversation=OuterRef("conversation_id"), read_number__gte=OuterRef("number")
    )
    return _array(readers.exclude(user_id=OuterRef("sender_id")), F("user_id"))


def _array(rows: Any, item: Any) -> Combinable:
    """Return a JSON array of `item` for the rows of one conversation, by the people's ids."""
    grouped = rows.order_by().values("conversation_id")
    array = grouped.annotate(array=JsonArray(item, order=("user_id",))).values("array")
    return Coalesce(Subquery(array), EmptyArray(), output_field=JSONField())


class ConversationSerializer(serializers.ModelSerializer[Thread]):
    """A conversation as the asking person sees it: `unread_count` is his own."""

    id = serializers.UUIDField(source="conversation_id", read_only=True)
    participants = ComputedField(_participants, PersonSerializer(many=True))
    project_id = serializers.UUIDField(read_only=True, allow_null=True)
    unread_count = serializers.IntegerField(read_only=True)
    last_message_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Thread
        fields = (
            "id", "subject", "participants", "project_id", "last_message_at", "unread_count",
            "created_at", "updated_at",
        )  # fmt: skip


class ConversationDraftSerializer(InputSerializer):
    """The body that starts a conversation."""

    subject = serializers.CharField(max_length=200, required=False, allow_blank=True)
    participant_ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MAX_PEOPLE
    )
    project_id = serializers.UUIDField(required=False, allow_null=True)


class SubjectSerializer(InputSerializer):
    """What can be changed of a conversation."""

    subject = serializers.CharField(max_length=200, allow_blank=True)


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message; a deleted one has no text and no attachments, and `deleted_at`."""

    conversation_id = serializers.UUIDField(read_only=True)
    sender_id = serializers.UUIDField(read_only=True)
    sender = ComputedField(lambda prefix: person_name(f"{prefix}sender"), serializers.CharField())
    attachments = serializers.ListField(child=serializers.UUIDField(), read_only=True)
    read_by = ComputedField(_read_by, serializers.ListField(child=serializers.UUIDField()))
    edited_at = MillisecondField(read_only=True, allow_null=True)
    deleted_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Message
        fields = (
            "id", "conversation_id", "number", "body", "sender_id", "sender", "attachments",
            "client_key", "read_by", "edited_at", "deleted_at", "created_at", "updated_at",
        )  # fmt: skip


class MessageChangeSerializer(InputSerializer):
    """The text and the files of a message."""

    body = serializers.CharField(max_length=MAX_BODY, trim_whitespace=False)
    attachments = serializers.ListField(
        child=serializers.UUIDField(), max_length=MAX_ATTACHMENTS, default=list
    )

    def validate_body(self, value: str) -> str:
        """Refuse a text of nothing but space; every other one is stored as it came."""
        if not value.strip():
            raise serializers.ValidationError("This field may not be blank.", code="blank")
        return value


class MessageDraftSerializer(MessageChangeSerializer):
    """A message to send. `client_key` makes a repeat harmless: it gives the first message."""

    client_key = serializers.CharField(max_length=64, required=False)


class ReadMarkSerializer(InputSerializer):
    """The newest message that was read."""

    up_to = serializers.UUIDField()
