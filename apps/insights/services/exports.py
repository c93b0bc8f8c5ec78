"""Export of everything about a person: asked for, written by a job, downloaded by who asked."""

from collections.abc import Callable
from datetime import timedelta
from typing import IO, Any, cast
from uuid import UUID
from zipfile import ZipFile

from django.db import transaction

from apps.accounts.models import Membership, User
from apps.accounts.permissions import may, require
from apps.accounts.services import require_recent_proof
from apps.core import clock, failpoints
from apps.core.actors import ADMIN, OWNER, Actor
from apps.core.errors import InvalidFields, PermissionDenied
from apps.core.ids import uuid7
from apps.core.models import revise
from apps.core.privacy import Area, Subject, times_of
from apps.core.tenancy import organization_scope
from apps.events.jobs import Work, start_job
from apps.events.models import Job
from apps.events.outbox import publish, record
from apps.files.providers import new_key
from apps.files.services import storage
from apps.insights.errors import ExportExpired, ExportNotReady, ExportRunning
from apps.insights.models import Export
from apps.insights.services.subjects import privacy_modules, subject_of
from apps.insights.services.zips import Archive, Sink
from apps.organizations.models import Organization

WRITE_EXPORT = "write_export"
ROWS_PERCENT = 30  # of the progress; the rest counts bytes of files


@transaction.atomic
def request_export(actor: Actor, *, kind: str, user_id: UUID | None = None) -> Export:
    """Ask for all data about a person: for oneself, or as owner or admin for another.

    Raises PermissionDenied (an admin for an owner too), InvalidFields for an unknown person,
    ExportRunning, ProofRequired (R25).
    """
    require(actor, "exports.own")
    require_recent_proof(actor)
    user_id = user_id or actor.user_id
    if user_id != actor.user_id:
        _check_other(actor, user_id)
    User.objects.select_for_update(of=("self",)).get(id=user_id)  # one at a time for a person
    rows = Export.objects.filter(organization_id=actor.organization_id, user_id=user_id)
    if rows.exclude(job__status__in=Job.FINAL).filter(requested_by_id=actor.user_id).exists():
        raise ExportRunning
    export_id = uuid7()
    job = start_job(
        actor.organization_id, WRITE_EXPORT, user_id=actor.user_id, export_id=str(export_id)
    )
    export = Export.objects.create(
        id=export_id, organization_id=actor.organization_id, kind=kind, user_id=user_id,
        requested_by_id=actor.user_id, job=job,
    )  # fmt: skip
    record(actor, "export.requested", export, after={"user_id": user_id})
    return export


def content_of(actor: Actor, export: Export) -> Export:
    """Return an export whose bytes the actor may have: he asked for it himself.

    Owner and admin see that others have asked, and no more. Raises PermissionDenied,
    ExportNotReady, ExportExpired.
    """
    if export.requested_by_id != actor.user_id:
        raise PermissionDenied
    if export.expires_at is not None and export.expires_at <= clock.now():
        raise ExportExpired
    if not export.storage_key:
        raise ExportNotReady
    return export


def write_export(work: Work) -> dict[str, Any]:
    """Write the zip of an export: the handler of its job.

    One that was interrupted begins again, under the same key: copying is fast, and a zip cannot
    be continued. Its parts are read in small transactions, so it holds up nobody.
    """
    with organization_scope(work.organization_id):
        export = Export.objects.get(id=work.params["export_id"])
        subject = subject_of(work.organization_id, export.user_id)
        areas = [
            area for _path, module in privacy_modules("areas") for area in module.areas(subject)
        ]
    total = _bytes_of(subject, areas)
    store, key = storage(), new_key(export.id)
    writer = store.writer(uuid7())
    try:
        sink = Sink(writer)
        archive = Archive(subject, store, ZipFile(cast("IO[bytes]", sink), "w"), _told(work, total))
        for area in areas:
            archive.add(area)
            archive.beat(archive)
        archive.finish()
        failpoints.hit("exports.before_keep")
        writer.keep(key)
    finally:
        writer.drop()
    return _settle(work, export, archive, sink)


def _told(work: Work, total: int) -> Callable[[Archive], None]:
    """Return what keeps the lease and tells the progress: parts count a third, bytes the rest."""
    parts = sum(1 for _ in privacy_modules("areas"))

    def beat(archive: Archive) -> None:
        rows = ROWS_PERCENT * min(1, len(archive.index) / (parts * 3))
        copied = (100 - ROWS_PERCENT) * archive.copied / total if total else 0
        work.keep(int(rows + copied))

    return beat


def _settle(work: Work, export: Export, archive: Archive, sink: Sink) -> dict[str, Any]:
    """Write down that the zip is there, and tell who asked; twice changes nothing."""
    with organization_scope(work.organization_id, durable=True):
        locked = Export.objects.select_for_update(of=("self",)).get(id=export.id)
        if locked.ready_at is None:
            now = clock.now()
            document = Organization.objects.get(id=work.organization_id).settings
            days = times_of(document.get("retention")).days["exports"]
            revise(
                locked, storage_key=new_key(export.id), size=sink.size,
                sha256=sink.digest.hexdigest(), report={"parts": archive.index}, ready_at=now,
                expires_at=now + timedelta(days=days),
            )  # fmt: skip
            publish(
                Actor.system(work.organization_id), "export.ready", locked, audience="user",
                user_ids=[locked.requested_by_id] if locked.requested_by_id else [],
                id=locked.id, user_id=locked.user_id, size=sink.size,
            )  # fmt: skip
    return {"export_id": str(export.id), "size": sink.size}


def _check_other(actor: Actor, user_id: UUID) -> None:
    if not may(actor, "exports.of_others"):
        raise PermissionDenied
    rows = Membership.objects.visible_to(actor).filter(user_id=user_id)
    role = rows.values_list("role", flat=True).first()
    if role is None:
        raise InvalidFields(user_id="There is no such person.")
    if role == OWNER and actor.role == ADMIN:
        raise PermissionDenied


def _bytes_of(subject: Subject, areas: list[Area]) -> int:
    """Return how many bytes of files the zip will hold, to tell the progress."""
    total = 0
    for area in areas:
        if area.content is not None:
            with organization_scope(subject.organization_id):
                total += sum(area.rows.values_list("size", flat=True))
    return total
