"""Shapes of endpoints, deliveries and dead letters (C17)."""

from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    F,
    JSONField,
    OuterRef,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, NullIf
from rest_framework import serializers

from apps.connections.models import Attempt, Connection, Secret
from apps.core.fields import ComputedField, InputSerializer, MillisecondField
from apps.core.json_text import EmptyArray, IsoMilliseconds, JsonArray, JsonObject
from apps.integrations.models import DeadLetter, Delivery

MAX_PATTERNS = 100
ENDED = ("delivered", "dead", "cancelled")


class SecretSerializer(serializers.ModelSerializer[Secret]):
    """A secret as it may be shown: its last four characters."""

    valid_from = MillisecondField(read_only=True)
    valid_until = MillisecondField(read_only=True, allow_null=True)

    class Meta:
        model = Secret
        fields = ("last_four", "valid_from", "valid_until")
        row_order = ("number",)


def _is_active(prefix: str) -> Combinable:
    on = When(**{f"{prefix}state": Connection.State.ACTIVE}, then=Value(value=True))
    return Case(on, default=Value(value=False), output_field=BooleanField())


def _disabled_reason(prefix: str) -> Combinable:
    return NullIf(F(f"{prefix}disabled_reason"), Value("", output_field=CharField()))


class EndpointSerializer(serializers.ModelSerializer[Connection]):
    url = serializers.CharField(source="settings.url", read_only=True)
    description = serializers.CharField(source="settings.description", read_only=True)
    events = serializers.ListField(child=serializers.CharField(), source="kinds", read_only=True)
    active = ComputedField(_is_active, serializers.BooleanField())
    version = serializers.IntegerField(source="payload_version", read_only=True)
    disabled_reason = ComputedField(_disabled_reason, serializers.CharField(allow_null=True))
    status = serializers.CharField(source="state", read_only=True)
    secrets = SecretSerializer(many=True, read_only=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Connection
        fields = (
            "id", "url", "description", "events", "active", "ordered", "version",
            "disabled_reason", "status", "secrets", "created_at", "updated_at",
        )  # fmt: skip


class NewEndpointSerializer(EndpointSerializer):
    """The answer of a creation: the only one that holds the secret."""

    secret = serializers.CharField(read_only=True)

    class Meta(EndpointSerializer.Meta):
        fields = (*EndpointSerializer.Meta.fields, "secret")  # type: ignore[assignment]


class EndpointInputSerializer(InputSerializer):
    """PUT and POST. PATCH uses the same shape with every field optional."""

    url = serializers.CharField(max_length=500)
    events = serializers.ListField(
        child=serializers.CharField(max_length=80), min_length=1, max_length=MAX_PATTERNS
    )
    description = serializers.CharField(max_length=500, allow_blank=True, default="")
    active = serializers.BooleanField(default=True)
    ordered = serializers.BooleanField(default=False)
    version = serializers.IntegerField(min_value=1, max_value=1, default=1)


class RotationSerializer(InputSerializer):
    """For how many hours the old secret signs too: 0 to 7 days (R157)."""

    overlap_hours = serializers.IntegerField(min_value=0, max_value=168, default=24)


class NewSecretSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField()
    last_four = serializers.CharField()
    valid_from = MillisecondField()
    old_valid_until = MillisecondField()


class SentTestSerializer(serializers.Serializer[Any]):
    event_id = serializers.UUIDField()
    status_url = serializers.CharField(help_text="Lists the delivery once it exists.")


class RangeSerializer(InputSerializer):
    """Which events of the log to send again."""

    from_sequence = serializers.IntegerField(min_value=1, max_value=2**53)
    to_sequence = serializers.IntegerField(min_value=1, max_value=2**53)
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=MAX_PATTERNS, default=list
    )
    statuses = serializers.ListField(
        child=serializers.ChoiceField(choices=ENDED), max_length=3, default=list
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a range that ends before it starts."""
        if attrs["to_sequence"] < attrs["from_sequence"]:
            raise serializers.ValidationError({"to_sequence": "Ends before the range starts."})
        return attrs


class CountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="How many deliveries were made.")


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One call: when, how it ended, and the masked beginning of the answer (R158)."""

    started_at = MillisecondField()
    finished_at = MillisecondField(allow_null=True)

    class Meta:
        model = Attempt
        fields = (
            "number", "started_at", "finished_at", "outcome", "status", "error", "retry_after",
            "duration_ms", "response_head",
        )  # fmt: skip


def _attempts(prefix: str) -> Combinable:
    """The attempts of a delivery as an array: the journal lives one layer below, without a key."""
    times = ("started_at", "finished_at")
    columns: dict[str, Combinable] = {
        name: IsoMilliseconds(F(name)) if name in times else F(name)
        for name in AttemptSerializer.Meta.fields
    }
    rows = (
        Attempt.objects.filter(delivery_id=OuterRef(f"{prefix}id"))
        .order_by()
        .values("delivery_id")
        .annotate(array=JsonArray(JsonObject(columns), order=("epoch",)))
        .values("array")
    )
    return Coalesce(Subquery(rows), EmptyArray(), output_field=JSONField())


def _last_error(prefix: str) -> Combinable:
    return NullIf(F(f"{prefix}last_error"), Value("", output_field=CharField()))


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    connection_id = serializers.UUIDField(read_only=True)
    event_id = serializers.UUIDField(read_only=True)
    sequence = serializers.IntegerField(source="event_seq", read_only=True)
    status = serializers.ChoiceField(choices=Delivery.State.choices, source="state", read_only=True)
    replay = serializers.IntegerField(source="replay_no", read_only=True)
    attempts = ComputedField(_attempts, AttemptSerializer(many=True))
    due_at = MillisecondField(read_only=True)
    last_error = ComputedField(_last_error, serializers.CharField(allow_null=True))
    finished_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Delivery
        fields = (
            "id", "connection_id", "event_id", "sequence", "kind", "status", "replay",
            "attempts", "due_at", "last_error", "finished_at", "created_at", "updated_at",
        )  # fmt: skip


class DeadLetterSerializer(serializers.ModelSerializer[DeadLetter]):
    connection_id = serializers.UUIDField(read_only=True, allow_null=True)
    event_id = serializers.UUIDField(read_only=True)
    first_failed_at = MillisecondField(read_only=True)
    last_failed_at = MillisecondField(read_only=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(source="last_failed_at", read_only=True)

    class Meta:
        model = DeadLetter
        fields = (
            "id", "source", "kind", "connection_id", "consumer", "event_id", "error", "attempts",
            "first_failed_at", "last_failed_at", "body", "created_at", "updated_at",
        )  # fmt: skip


class DiscardSerializer(InputSerializer):
    reason = serializers.CharField(max_length=500)
