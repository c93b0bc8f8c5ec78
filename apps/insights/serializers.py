"""Shapes of audit entries, exports, erasures and retention runs (C17)."""

from typing import Any

from django.db.models import F, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from rest_framework import serializers

from apps.core.fields import ComputedField, InputSerializer, MillisecondField
from apps.events.models import Event, Job
from apps.insights import audit
from apps.insights.models import Erasure, Export, RetentionRun


class AuditActorSerializer(serializers.Serializer[Any]):
    """Who acted: a person, or the system itself (then without id and name)."""

    type = serializers.CharField()
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)


class AuditedSerializer(serializers.Serializer[Any]):
    """What was acted upon."""

    type = serializers.CharField()
    id = serializers.UUIDField()


class AuditEventSerializer(serializers.ModelSerializer[Event]):
    """An entry of the audit; `before`, `after` and `ip` are null where none was noted or erased."""

    sequence = serializers.IntegerField(source="seq", read_only=True)
    actor = ComputedField(audit.actor, AuditActorSerializer())
    action = ComputedField(audit.action, serializers.CharField())
    object = ComputedField(audit.audited_object, AuditedSerializer())
    before = ComputedField(audit.before, serializers.DictField(allow_null=True))
    after = ComputedField(audit.after, serializers.DictField(allow_null=True))
    ip = ComputedField(audit.address, serializers.CharField(allow_null=True))
    request_id = serializers.UUIDField(read_only=True, allow_null=True)
    hash = ComputedField(audit.own_hash, serializers.CharField())
    previous_hash = ComputedField(audit.previous_hash, serializers.CharField(allow_null=True))
    created_at = MillisecondField(source="occurred_at", read_only=True)

    class Meta:
        model = Event
        fields = (
            "id", "sequence", "actor", "action", "object", "before", "after", "ip", "request_id",
            "hash", "previous_hash", "created_at",
        )  # fmt: skip


def _status(prefix: str) -> Combinable:
    """Return the state of the job; one that is gone by now had succeeded."""
    return Coalesce(F(f"{prefix}job__status"), Value(Job.Status.SUCCEEDED))


def _format(_prefix: str) -> Combinable:
    return Value("zip")


STATUS = serializers.ChoiceField(choices=Job.Status.choices)


class ExportSerializer(serializers.ModelSerializer[Export]):
    """An export; its bytes are at `…/content` until `expires_at`."""

    format = ComputedField(_format, serializers.ChoiceField(choices=["zip"]))
    user_id = serializers.UUIDField(read_only=True)
    requested_by_id = serializers.UUIDField(read_only=True, allow_null=True)
    job_id = serializers.UUIDField(read_only=True)
    status = ComputedField(_status, STATUS)
    progress = serializers.IntegerField(source="job.progress", read_only=True)
    size = serializers.IntegerField(read_only=True, allow_null=True)
    report = serializers.JSONField(read_only=True, allow_null=True)
    ready_at = MillisecondField(read_only=True, allow_null=True)
    expires_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Export
        fields = (
            "id", "kind", "format", "user_id", "requested_by_id", "job_id", "status", "progress",
            "size", "sha256", "report", "ready_at", "expires_at", "created_at", "updated_at",
        )  # fmt: skip


class ExportInputSerializer(InputSerializer):
    """What is asked for; without a person it is about oneself."""

    kind = serializers.ChoiceField(choices=Export.Kind.choices)
    user_id = serializers.UUIDField(required=False)


class ErasureSerializer(serializers.ModelSerializer[Erasure]):
    """An erasure with its report: what was erased, what is kept and until when."""

    user_id = serializers.UUIDField(read_only=True)
    requested_by_id = serializers.UUIDField(read_only=True, allow_null=True)
    job_id = serializers.UUIDField(read_only=True, allow_null=True)
    status = ComputedField(_status, STATUS)
    report = serializers.JSONField(read_only=True, allow_null=True)
    finished_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Erasure
        fields = (
            "id", "user_id", "pseudonym", "requested_by_id", "job_id", "status", "erase_messages",
            "is_account", "report", "finished_at", "created_at", "updated_at",
        )  # fmt: skip


class ErasureInputSerializer(InputSerializer):
    """Whether the person's messages go too, and why he is erased."""

    erase_messages = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class RetentionRunSerializer(serializers.ModelSerializer[RetentionRun]):
    """One day's run: what was removed by kind of data, and the times that were in force."""

    job_id = serializers.UUIDField(read_only=True, allow_null=True)
    status = ComputedField(_status, STATUS)
    report = serializers.JSONField(read_only=True, allow_null=True)
    finished_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = RetentionRun
        fields = (
            "id",
            "day",
            "job_id",
            "status",
            "report",
            "finished_at",
            "created_at",
            "updated_at",
        )
