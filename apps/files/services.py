"""What is done with files: keep uploads, add versions, change, delete, restore, read."""

from collections.abc import Sequence
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from apps.accounts.permissions import require
from apps.clients.models import Client
from apps.core import clock
from apps.core.actors import Actor
from apps.core.errors import InvalidFields, NotFound
from apps.core.ids import uuid7
from apps.core.models import revise
from apps.events.outbox import publish
from apps.files import providers
from apps.files.errors import ContentLost, NotDeleted, NotYours
from apps.files.intake import CHECKS, Content, Intake
from apps.files.models import File, FileVersion
from apps.files.providers import BLOCK, Storage
from apps.projects.models import Project

LOCK_NAME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
ABANDONED_SECONDS = 24 * 3600  # far longer than an upload may take


def storage() -> Storage:
    """Return the store that the settings choose."""
    return providers.LocalStorage(settings.FILES_ROOT)


def take_in(stream: BinaryIO, name: str, *, max_bytes: int) -> Content:
    """Store and check a stream, for callers that have one; raises the refusals of `Intake`.

    The bytes are in the store afterwards, and no row names them yet: pass the content to
    `keep_uploads` or `add_version`, or `discard` it.
    """
    intake = Intake(storage(), name, max_bytes)
    try:
        while chunk := stream.read(BLOCK):
            intake.write(chunk)
        return intake.finish()
    finally:
        intake.close()


def discard(content: Content) -> None:
    """Remove content that no row names."""
    storage().delete(content.key)


@transaction.atomic
def keep_uploads(
    actor: Actor,
    contents: Sequence[Content],
    *,
    project_id: UUID | None = None,
    client_id: UUID | None = None,
    **details: object,
) -> list[File]:
    """Make a file of each content, or a version of the one with that name there (R67).

    `details` are folder, tags, visibility and description; they are for new files. A contact
    uploads for his own company and visibly. Raises PermissionDenied, InvalidFields.
    """
    require(actor, "files.write")
    project, client = _place(actor, project_id, client_id)
    if actor.is_client:
        details["visibility"] = File.Visibility.CLIENT
    folder = str(details.get("folder") or "")
    _lock_names(actor, project_id, client, folder, [content.name for content in contents])
    kept = []
    for content in contents:
        known = _same_name(actor, project, client, folder, content.name)
        if known is None:
            known = _new_file(actor, content, project, client, details)
        else:
            _append(actor, known, content)
        kept.append(known)
    return kept


@transaction.atomic
def add_version(actor: Actor, file: File, content: Content) -> FileVersion:
    """Append a version to a file, under its lock. Raises PermissionDenied, NotYours."""
    require(actor, "files.write", file.client_id)
    require_own(actor, file)
    return _append(actor, _locked(file), content)


@transaction.atomic
def bring_back(actor: Actor, file: File, number: int) -> FileVersion:
    """Make an old version current again, as the next number with the same bytes (R67).

    Raises PermissionDenied, NotYours, NotFound (also for a version that is not clean).
    """
    require(actor, "files.write", file.client_id)
    require_own(actor, file)
    locked = _locked(file)
    rows = FileVersion.objects.visible_to(actor)
    clean = rows.filter(scan_status=FileVersion.ScanStatus.CLEAN)
    old = clean.filter(file_id=locked.id, number=number).first()
    if old is None:
        raise NotFound
    content = Content(old.name, old.storage_key, old.size, old.sha256, old.content_type)
    return _append(actor, locked, content)


@transaction.atomic
def change_file(actor: Actor, file: File, **changes: object) -> File:
    """Change name, folder, tags, visibility or description. Raises NotYours.

    What a contact uploads stays visible to his company, whatever he sends.
    """
    require(actor, "files.write", file.client_id)
    require_own(actor, file)
    if actor.is_client:
        changes.pop("visibility", None)
    locked = _locked(file)
    if changes:
        revise(locked, **changes)
        _record(actor, "file.updated", locked)
    return locked


@transaction.atomic
def delete_file(actor: Actor, file: File) -> None:
    """Hide a file with all its versions; the bytes stay for `restore_file`. Raises NotYours."""
    require(actor, "files.write", file.client_id)
    require_own(actor, file)
    locked = _locked(file)
    audience = _audience(locked)
    revise(locked, deleted_at=clock.now())
    publish(actor, "file.deleted", locked, audience=audience, id=locked.id, name=locked.name)


@transaction.atomic
def restore_file(actor: Actor, file_id: UUID) -> File:
    """Bring a deleted file back. Raises NotFound, NotDeleted."""
    require(actor, "files.write")
    rows = File.objects.select_for_update(of=("self",))
    file = rows.deleted_of(actor).filter(id=file_id).first()
    if file is None:
        if File.objects.visible_to(actor).filter(id=file_id).exists():
            raise NotDeleted
        raise NotFound
    require(actor, "files.write", file.client_id)
    revise(file, deleted_at=None)
    _record(actor, "file.restored", file)
    return file


def require_own(actor: Actor, file: File) -> None:
    """Raise NotYours for a contact who did not upload the file himself (C18)."""
    if actor.is_client and file.created_by_id != actor.user_id:
        raise NotYours


def sha256_of(version: FileVersion) -> str:
    """Return the SHA-256 of the stored bytes, read now; raises ContentLost, StorageFailed."""
    try:
        return providers.sha256_of(storage(), version.storage_key)
    except providers.UnknownKey as error:
        raise ContentLost from error


def sweep() -> int:
    """Remove uploads that a killed process left half-written a day ago; return their number."""
    return providers.LocalStorage(settings.FILES_ROOT).clear_incoming(ABANDONED_SECONDS)


# -- where a file belongs -------------------------------------------------------------------


def _place(
    actor: Actor, project_id: UUID | None, client_id: UUID | None
) -> tuple[Project | None, UUID | None]:
    """Return project and client of an upload; the project's client is the file's."""
    project = None
    if project_id is not None:
        project = Project.objects.visible_to(actor).filter(id=project_id).first()
        if project is None:
            raise InvalidFields(project_id="There is no such project.")
        if client_id not in {None, project.client_id}:
            raise InvalidFields(client_id="The project belongs to another client.")
        client_id = project.client_id
    elif client_id is None and len(actor.client_ids) == 1:
        client_id = actor.client_ids[0]
    elif client_id is not None and not _sees_client(actor, client_id):
        raise InvalidFields(client_id="There is no such client.")
    if actor.is_client:
        _require_contact(actor, client_id)
    return project, client_id


def _sees_client(actor: Actor, client_id: UUID) -> bool:
    return Client.objects.visible_to(actor).filter(id=client_id).exists()


def _require_contact(actor: Actor, client_id: UUID | None) -> None:
    if client_id is None:
        raise InvalidFields(project_id="Say which project or company the file is for.")
    require(actor, "files.write", client_id)


def _lock_names(
    actor: Actor, project_id: UUID | None, client_id: UUID | None, folder: str, names: list[str]
) -> None:
    """Let two uploads of one name follow each other: the second makes a version."""
    with connection.cursor() as cursor:
        for name in sorted(set(names)):
            place = f"{actor.organization_id}/{project_id}/{client_id}/{folder}/{name}"
            cursor.execute(LOCK_NAME, [place])


def _same_name(
    actor: Actor, project: Project | None, client_id: UUID | None, folder: str, name: str
) -> File | None:
    """Return the file of that name in that place, locked; for a contact only his own.

    A contact must not learn of a hidden file, nor write into one of the studio, by its name.
    """
    rows = File.objects.visible_to(actor).select_for_update(of=("self",))
    place = {"project": project, "client": client_id}
    rows = rows.filter(folder=folder, name=name, **place)
    if actor.is_client:
        rows = rows.filter(created_by_id=actor.user_id)
    return rows.order_by("-created_at").first()


# -- rows and events ------------------------------------------------------------------------


def _new_file(
    actor: Actor,
    content: Content,
    project: Project | None,
    client_id: UUID | None,
    details: dict[str, object],
) -> File:
    file_id, version_id = uuid7(), uuid7()
    file = File.objects.create(
        id=file_id,
        organization_id=actor.organization_id,
        project=project,
        client_id=client_id,
        name=content.name,
        created_by_id=actor.user_id,
        current_id=version_id,
        **details,
    )
    version = _version(actor, file, content, 1, version_id)
    if content.is_clean:
        _announce(actor, "file.uploaded", file, version)
    else:
        _quarantine(actor, file, version)
    return file


def _append(actor: Actor, file: File, content: Content) -> FileVersion:
    """Add the next number. A harmful version never takes the place of a good one."""
    last = file.versions.aggregate(last=Max("number"))["last"] or 0
    version = _version(actor, file, content, last + 1, uuid7())
    if content.is_clean:
        revise(file, current=version)
        _announce(actor, "file.version_added", file, version)
    else:
        revise(file)  # its event needs a version of its own
        _quarantine(actor, file, version)
    return version


def _version(
    actor: Actor, file: File, content: Content, number: int, version_id: UUID
) -> FileVersion:
    status = FileVersion.ScanStatus
    return FileVersion.objects.create(
        id=version_id,
        organization_id=actor.organization_id,
        file=file,
        number=number,
        name=content.name,
        size=content.size,
        content_type=content.content_type,
        sha256=content.sha256,
        storage_key=content.key,
        scan_status=status.CLEAN if content.is_clean else status.INFECTED,
        scan_report=content.threat or CHECKS,
        created_by_id=actor.user_id,
        created_at=clock.now(),
    )


def _announce(actor: Actor, kind: str, file: File, version: FileVersion) -> None:
    publish(
        actor, kind, file, audience=_audience(file), id=file.id, client_id=file.client_id,
        project_id=file.project_id, name=file.name, size=version.size, sha256=version.sha256,
        version=version.number,
    )  # fmt: skip


def _quarantine(actor: Actor, file: File, version: FileVersion) -> None:
    publish(
        actor, "file.quarantined", file, id=file.id, name=version.name,
        reason=version.scan_report, version=version.number,
    )  # fmt: skip


def _record(actor: Actor, action: str, file: File) -> None:
    publish(
        actor, "audit.recorded", file, action=action, id=file.id, object_type="file",
        object_id=file.id,
    )  # fmt: skip


def _audience(file: File) -> str:
    is_shared = file.visibility == File.Visibility.CLIENT and file.client_id is not None
    return "client" if is_shared else "staff"


def _locked(file: File) -> File:
    return File.objects.select_for_update(of=("self",)).get(id=file.id)
