"""File rows of the old pages: `name` and `original_name`, `size` and `file_size`."""

from django.db.models import F
from rest_framework import serializers

from apps.core.fields import ComputedField
from apps.files.models import File
from apps.node_api.forms import CheckBox, OldForm, PageForm, said
from apps.node_api.shapes.columns import filled, flag_of, moment, text_of

KIND = """SELECT CASE WHEN starts_with(v.t, 'image/') THEN 'image'
   WHEN v.t ~ '(zip|rar|7z|tar)' THEN 'archive' ELSE 'document' END
  FROM (VALUES (%(expressions)s)) AS v(t)"""
# 70 -> "70 Bytes", 1536 -> "1.5 KB": at most two decimals, none that are zero.
READABLE = """SELECT CASE WHEN v.n < 1024 THEN v.n || ' Bytes'
   WHEN v.n < 1048576 THEN trim_scale(round(v.n / 1024.0, 2)) || ' KB'
   WHEN v.n < 1073741824 THEN trim_scale(round(v.n / 1048576.0, 2)) || ' MB'
   ELSE trim_scale(round(v.n / 1073741824.0, 2)) || ' GB' END
  FROM (VALUES (%(expressions)s)) AS v(n)"""
AS_TEXT = "SELECT v.n::text FROM (VALUES (%(expressions)s)) AS v(n)"
FULL_NAME = "SELECT trim(v.a || ' ' || v.b) FROM (VALUES (%(expressions)s)) AS v(a, b)"
PATH = """SELECT CASE WHEN v.f = '' THEN '/' ELSE '/' || v.f END
  FROM (VALUES (%(expressions)s)) AS v(f)"""
THUMBNAIL = """SELECT '/api/files/' || v.i || '/thumbnail'
  FROM (VALUES (%(expressions)s)) AS v(i, t) WHERE starts_with(v.t, 'image/')"""
IS_SHARED = "SELECT v.s = 'client' FROM (VALUES (%(expressions)s)) AS v(s)"


class FileRow(serializers.ModelSerializer[File]):
    """A file as its current version is."""

    original_name = serializers.CharField(source="name")
    type = serializers.CharField(source="current.content_type")
    mime_type = serializers.CharField(source="current.content_type")
    file_type = text_of(KIND, "current__content_type")
    size = serializers.IntegerField(source="current.size")
    file_size = text_of(AS_TEXT, "current__size")
    file_size_formatted = text_of(READABLE, "current__size")
    description = filled("description")
    path = text_of(PATH, "folder")
    folder = filled("folder")
    is_public = flag_of(IS_SHARED, "visibility")
    version_number = serializers.IntegerField(source="current.number")
    project_id = serializers.UUIDField()
    project_name = serializers.CharField(source="project.name")
    uploader_name = text_of(FULL_NAME, "created_by__first_name", "created_by__last_name")
    uploader_email = serializers.CharField(source="created_by.email")
    tags = ComputedField(
        lambda prefix: F(f"{prefix}tags"), serializers.ListField(child=serializers.CharField())
    )
    created_at = moment("created_at")
    updated_at = moment("updated_at")

    class Meta:
        model = File
        fields = (
            "id", "name", "original_name", "type", "mime_type", "file_type", "size", "file_size",
            "file_size_formatted", "description", "path", "folder", "is_public",
            "version_number", "project_id", "project_name", "uploader_name", "uploader_email",
            "tags", "created_at", "updated_at",
        )  # fmt: skip


class DeliverableRow(serializers.ModelSerializer[File]):
    """A file of a phase tab."""

    type = serializers.CharField(source="current.content_type")
    size = serializers.IntegerField(source="current.size")
    version = serializers.IntegerField(source="current.number")
    upload_timestamp = moment("created_at")
    thumbnail_url = text_of(THUMBNAIL, "id", "current__content_type")

    class Meta:
        model = File
        fields = ("id", "name", "type", "size", "version", "upload_timestamp", "thumbnail_url")


class FilePage(PageForm):
    """The query of the list; a folder may begin with a slash, as the pages write it."""

    folder = serializers.CharField(
        max_length=500, required=False, error_messages=said("Invalid folder")
    )
    project_id = serializers.UUIDField(required=False, error_messages=said("Invalid project ID"))
    sort = serializers.ChoiceField(
        choices=("created_at", "updated_at", "name"), default="created_at",
        error_messages=said("Invalid sort field"),
    )  # fmt: skip

    def validate_folder(self, text: str) -> str:
        """Return the levels without slashes at the ends."""
        return levels_of(text)


class UploadForm(OldForm):
    """The fields beside the files of an upload."""

    folder = serializers.CharField(
        max_length=500, default="", error_messages=said("Invalid folder")
    )
    project_id = serializers.UUIDField(
        required=False, error_messages=said("Invalid project ID format")
    )
    phaseId = serializers.CharField(  # noqa: N815  wire name
        max_length=60, required=False, error_messages=said("Invalid phase ID format")
    )
    description = serializers.CharField(
        max_length=2000, default="", error_messages=said("Description is too long")
    )
    is_public = CheckBox(default=False, error_messages=said("is_public must be a boolean"))

    def validate_folder(self, text: str) -> str:
        """Return the levels without slashes at the ends."""
        return levels_of(text)


class RenameForm(OldForm):
    name = serializers.CharField(
        max_length=255, required=False, error_messages=said("A name has at most 255 characters")
    )
    description = serializers.CharField(
        max_length=2000, required=False, error_messages=said("Description is too long")
    )
    is_public = CheckBox(required=False, error_messages=said("is_public must be a boolean"))


def tag_of_phase(key: str) -> str:
    """Return the tag that marks a file as delivered in a phase."""
    return f"phase:{key}"


def levels_of(folder: str) -> str:
    """Return `Brand/Logos` for `/Brand/Logos/`: a label with levels, never a path."""
    return "/".join(level.strip() for level in folder.split("/") if level.strip())
