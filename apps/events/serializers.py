"""The shape of an event in public: a CloudEvents 1.0 document (C6)."""

from typing import Any

from rest_framework import serializers


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
