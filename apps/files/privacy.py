"""Files: what a person uploaded, and the trash. The bytes belong to the client and stay."""

from typing import Any
from uuid import UUID

from django.db.models import F

from apps.core.privacy import Area, Content, Counts, Subject, Times
from apps.core.tenancy import organization_scope
from apps.files import services
from apps.files.models import File, FileVersion


def areas(subject: Subject) -> list[Area]:
    """Return the versions that the person uploaded, with their bytes."""
    rows = FileVersion.objects.filter(
        organization_id=subject.organization_id, created_by_id=subject.user_id
    )
    columns = (
        "id", "file_id", "number", "name", "size", "content_type", "sha256", "scan_status",
        "created_at", "storage_key",
    )  # fmt: skip
    return [
        Area("files", "Files that you uploaded; their bytes are in the folder `files`.",
             rows.values(*columns), _shown, _content)
    ]  # fmt: skip


def expire(organization_id: UUID, times: Times, most: int) -> Counts:
    """Remove deleted files with their bytes; what an approval names is evidence and stays.

    The bytes go first: a run that is killed in between finds the rows again.
    """
    limit = times.before("trash")
    with organization_scope(organization_id):
        rows = File.objects.filter(
            organization_id=organization_id, deleted_at__lt=limit, approvals__isnull=True
        )
        ids = list(rows.order_by("id").values_list("id", flat=True)[:most])
        keys = list(
            FileVersion.objects.filter(file_id__in=ids).values_list("storage_key", flat=True)
        )
    for key in set(keys):
        services.storage().delete(key)
    with organization_scope(organization_id):
        gone = File.objects.filter(id__in=ids)
        gone.update(current=None, version=F("version") + 1)
        FileVersion.objects.filter(file_id__in=ids).delete()
        gone.delete()
    return {"files.files": len(ids)}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "storage_key"}


def _content(row: dict[str, Any]) -> Content | None:
    if row["scan_status"] == FileVersion.ScanStatus.INFECTED:
        return None
    plain = "".join("_" if sign in '/\\:*?"<>|' or sign < " " else sign for sign in row["name"])
    name = f"files/{row['file_id']}/{row['number']}/{plain.strip('. ') or 'file'}"
    return Content(row["storage_key"], name, row["size"])
