"""Exports and erasures are personal data themselves."""

from functools import partial
from uuid import UUID

from django.db import transaction

from apps.core import clock
from apps.core.privacy import Area, Counts, Subject, Times, remove
from apps.core.tenancy import organization_scope
from apps.files.services import storage
from apps.insights.models import Erasure, Export, RetentionRun


def areas(subject: Subject) -> list[Area]:
    """Return the exports and erasures of the person."""
    here = {"organization_id": subject.organization_id, "user_id": subject.user_id}
    return [
        Area("exports", "Exports of your data.", Export.objects.filter(**here).values(
            "id", "kind", "created_at", "ready_at", "expires_at", "size",
        )),
        Area("erasures", "Erasures of your data.", Erasure.objects.filter(**here).values(
            "id", "created_at", "finished_at", "erase_messages",
        )),
    ]  # fmt: skip


def erase(subject: Subject) -> Counts:
    """Remove the exports of the person, with their bytes."""
    rows = Export.objects.filter(organization_id=subject.organization_id, user_id=subject.user_id)
    for key in rows.exclude(storage_key="").values_list("storage_key", flat=True):
        transaction.on_commit(partial(storage().delete, key))
    count = rows.count()
    rows.delete()
    return {"insights.exports": count}


def expire(organization_id: UUID, times: Times, most: int) -> Counts:
    """Remove exports whose time is over: the bytes first, then the rows; old runs too."""
    with organization_scope(organization_id):
        here = {"organization_id": organization_id}
        over = Export.objects.filter(expires_at__lt=clock.now(), **here).exclude(storage_key="")
        keys = dict(over.values_list("id", "storage_key")[:most])
    for key in keys.values():
        storage().delete(key)
    with organization_scope(organization_id):
        Export.objects.filter(id__in=keys).update(storage_key="", size=None, sha256="")
        old = RetentionRun.objects.filter(finished_at__lt=times.before("audit"), **here)
        forgotten = Export.objects.filter(created_at__lt=times.before("jobs"), **here)
        return {
            "insights.export_contents": len(keys),
            "insights.exports": remove(forgotten.filter(storage_key=""), most),
            "insights.retention_runs": remove(old, most),
        }
