"""Shapes of files and their versions (C17), and of the forms that change them."""

from typing import Any

from django.db.models import TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from rest_framework import serializers

from apps.core.fields import ComputedField, InputSerializer, MillisecondField
from apps.files.models import File, FileVersion

SHA256 = r"^[0-9a-fA-F]{64}$"


def _nothing(_prefix: str) -> Combinable:
    return Cast(Value(None), TextField())


class FileSerializer(serializers.ModelSerializer[File]):
    """A file as its current version is. `scan_report` says which checks ran (R65)."""

    size = serializers.IntegerField(source="current.size", read_only=True, help_text="Bytes.")
    content_type = serializers.CharField(source="current.content_type", read_only=True)
    sha256 = serializers.CharField(source="current.sha256", read_only=True)
    version = serializers.IntegerField(source="current.number", read_only=True)
    version_id = serializers.UUIDField(source="current_id", read_only=True)
    project_id = serializers.UUIDField(read_only=True, allow_null=True)
    client_id = serializers.UUIDField(read_only=True, allow_null=True)
    scan_status = serializers.ChoiceField(
        source="current.scan_status", choices=FileVersion.ScanStatus.choices, read_only=True
    )
    scan_report = serializers.CharField(source="current.scan_report", read_only=True)
    thumbnail_url = ComputedField(_nothing, serializers.CharField(allow_null=True))
    created_by_id = serializers.UUIDField(read_only=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = File
        fields = (
            "id", "name", "size", "content_type", "sha256", "version", "version_id", "project_id",
            "client_id", "folder", "tags", "visibility", "description", "scan_status",
            "scan_report", "thumbnail_url", "created_by_id", "created_at", "updated_at",
        )  # fmt: skip


class FileVersionSerializer(serializers.ModelSerializer[FileVersion]):
    """Bytes that never change, under a number that never repeats (R67)."""

    file_id = serializers.UUIDField(read_only=True)
    created_by_id = serializers.UUIDField(read_only=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(source="created_at", read_only=True)

    class Meta:
        model = FileVersion
        fields = (
            "id", "file_id", "number", "name", "size", "content_type", "sha256", "scan_status",
            "scan_report", "created_by_id", "created_at", "updated_at",
        )  # fmt: skip


class FolderField(serializers.CharField):
    """A folder such as `Brand/Logos`: a label with levels, never a path of the store."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=500, allow_blank=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the levels with single slashes between them."""
        levels = str(super().to_internal_value(data)).split("/")
        return "/".join(level.strip() for level in levels if level.strip())


class _Tags(serializers.ListField):
    child = serializers.CharField(max_length=40)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)


class UploadFieldsSerializer(InputSerializer):
    """The form fields beside the files."""

    project_id = serializers.UUIDField(required=False, allow_null=True)
    client_id = serializers.UUIDField(required=False, allow_null=True)
    folder = FolderField(required=False)
    tags = _Tags(required=False)
    visibility = serializers.ChoiceField(choices=File.Visibility.choices, required=False)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    sha256 = serializers.RegexField(SHA256, required=False, help_text="Of the one file, in hex.")


class UploadFormSerializer(UploadFieldsSerializer):
    """The whole form, for the document: one `file`, or several `files`."""

    file = serializers.FileField(required=False)
    files = serializers.ListField(child=serializers.FileField(), required=False)


class VersionFieldsSerializer(InputSerializer):
    sha256 = serializers.RegexField(SHA256, required=False, help_text="In hex.")


class VersionFormSerializer(VersionFieldsSerializer):
    """The form of a new version."""

    file = serializers.FileField()


class FileChangeSerializer(InputSerializer):
    """What may change of a file; its bytes change by a new version only."""

    name = serializers.CharField(max_length=255, trim_whitespace=False)
    folder = FolderField(default="")
    tags = _Tags(default=list)
    visibility = serializers.ChoiceField(
        choices=File.Visibility.choices, default=File.Visibility.STAFF
    )
    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
