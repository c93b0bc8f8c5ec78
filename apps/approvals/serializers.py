"""Shapes of approvals, the answers to them, and their evidence (C17)."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from rest_framework import serializers

from apps.approvals.models import Approval, Approver, Decision
from apps.core.fields import ComputedField, InputSerializer, MillisecondField

SUBJECT = "file_version"
MAX_PEOPLE = 20


def _subject_type(_prefix: str) -> Combinable:
    return Cast(Value(SUBJECT), TextField())


def _people(prefix: str) -> Combinable:
    rows = Approver.objects.filter(approval_id=OuterRef(f"{prefix}pk"))
    return ArraySubquery(rows.order_by("position").values("user_id"))


class SubjectSerializer(serializers.Serializer[Any]):
    """What is asked about: always the version, also where a file was named."""

    type = ComputedField(_subject_type, serializers.ChoiceField(choices=[SUBJECT]))
    id = serializers.UUIDField(source="file_version_id", read_only=True)


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """An answer, as everybody sees it who sees the question."""

    user_id = serializers.UUIDField(read_only=True)
    version = serializers.IntegerField(source="subject_version", read_only=True)
    decided_at = MillisecondField(read_only=True)

    class Meta:
        model = Decision
        fields = ("id", "user_id", "person", "decision", "comment", "version", "decided_at")
        row_order = ("decided_at", "id")


class ApprovalSerializer(serializers.ModelSerializer[Approval]):
    """A question with its answers. `version` and `sha256` are those of the file version."""

    subject = SubjectSerializer(source="*", read_only=True)
    approvers = ComputedField(_people, serializers.ListField(child=serializers.UUIDField()))
    version = serializers.IntegerField(source="subject_version", read_only=True)
    client_id = serializers.UUIDField(read_only=True)
    project_id = serializers.UUIDField(read_only=True, allow_null=True)
    file_id = serializers.UUIDField(read_only=True)
    file_name = serializers.CharField(source="file.name", read_only=True)
    decisions = DecisionSerializer(many=True, read_only=True)
    created_by_id = serializers.UUIDField(read_only=True)
    decided_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Approval
        fields = (
            "id", "subject", "question", "terms", "rule", "quorum", "in_order", "approvers",
            "due_date", "sha256", "version", "status", "client_id", "project_id", "file_id",
            "file_name", "decisions", "created_by_id", "decided_at", "created_at", "updated_at",
        )  # fmt: skip


class SubjectInputSerializer(InputSerializer):
    type = serializers.ChoiceField(choices=[SUBJECT])
    id = serializers.UUIDField(help_text="Of a file version, or of a file: its current version.")


class ApprovalRequestSerializer(InputSerializer):
    """A question to people of the client that the file belongs to."""

    subject = SubjectInputSerializer()
    question = serializers.CharField(max_length=2000)
    terms = serializers.CharField(max_length=20_000, allow_blank=True, default="")
    rule = serializers.ChoiceField(choices=Approval.Rule.choices, default=Approval.Rule.ANY)
    quorum = serializers.IntegerField(
        min_value=1, max_value=MAX_PEOPLE, allow_null=True, default=None
    )
    in_order = serializers.BooleanField(default=False)
    approvers = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MAX_PEOPLE, help_text="User ids."
    )
    due_date = serializers.DateField(allow_null=True, default=None)


class AnswerSerializer(InputSerializer):
    """A person's answer; `version` is the number that he has looked at."""

    decision = serializers.ChoiceField(choices=Decision.Answer.choices)
    comment = serializers.CharField(max_length=5000, allow_blank=True, default="")
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class WithdrawalSerializer(InputSerializer):
    reason = serializers.CharField(max_length=500)


class FileEvidenceSerializer(serializers.Serializer[Any]):
    file_id = serializers.UUIDField()
    version_id = serializers.UUIDField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Of the bytes that were asked about.")
    sha256_now = serializers.CharField(allow_null=True, help_text="Of the stored bytes, just now.")
    matches = serializers.BooleanField()


class DecisionEvidenceSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    person = serializers.CharField()
    decision = serializers.ChoiceField(choices=Decision.Answer.choices)
    comment = serializers.CharField(allow_blank=True)
    question = serializers.CharField()
    terms = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField()
    sha256 = serializers.CharField()
    method = serializers.CharField()
    address = serializers.CharField(allow_blank=True)
    user_agent = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField()


class EventEvidenceSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    seq = serializers.IntegerField(allow_null=True)
    kind = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    data = serializers.JSONField(allow_null=True)  # type: ignore[assignment]
    hash = serializers.CharField(allow_null=True)


class EvidenceSerializer(serializers.Serializer[Any]):
    """All that proves an approval (R49)."""

    approval_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Approval.Status.choices)
    statement = serializers.CharField()
    question = serializers.CharField()
    terms = serializers.CharField(allow_blank=True)
    rule = serializers.ChoiceField(choices=Approval.Rule.choices)
    quorum = serializers.IntegerField(allow_null=True)
    file = FileEvidenceSerializer()
    decisions = DecisionEvidenceSerializer(many=True)
    events = EventEvidenceSerializer(many=True)
