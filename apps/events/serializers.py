"""The shape of an event in public: a CloudEvents 1.0 document (C6)."""

from typing import Any

from rest_framework import serializers

from apps.core.fields import MillisecondField
from apps.events.models import Job


class CloudEventSerializer(serializers.Serializer[Any]):
    """Documents the bytes of `apps.events.cloudevents`; it renders nothing itself."""

    specversion = serializers.CharField()
    id = serializers.UUIDField()
    source = serializers.CharField(help_text="`portico/<slug of the organization>`")  # type: ignore[assignment]
    type = serializers.CharField(help_text="A kind of the closed list, as `invoice.paid`.")
    subject = serializers.CharField(help_text="`<collection>/<id>`")
    time = serializers.DateTimeField()
    datacontenttype = serializers.CharField()
    dataschema = serializers.CharField()
    tenantid = serializers.UUIDField()
    sequence = serializers.CharField(help_text="The number in the organization's log.")
    aggregatetype = serializers.CharField()
    aggregateid = serializers.UUIDField()
    aggregateseq = serializers.IntegerField()
    correlationid = serializers.UUIDField(required=False)
    causationid = serializers.UUIDField(required=False)
    actorid = serializers.UUIDField(required=False)
    traceparent = serializers.CharField(required=False)
    data = serializers.DictField(allow_null=True)  # type: ignore[assignment]


class JobSerializer(serializers.ModelSerializer[Job]):
    """Long work and how far it is; `result` is there once it succeeded, `error` when it failed."""

    result = serializers.JSONField(read_only=True, allow_null=True)
    started_at = MillisecondField(read_only=True, allow_null=True)
    finished_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Job
        fields = (
            "id", "kind", "status", "progress", "result", "error", "started_at", "finished_at",
            "created_at", "updated_at",
        )  # fmt: skip
