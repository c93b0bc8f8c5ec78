"""Makers of files: bytes in the store with the rows that name them."""

import io
import struct
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.files import services
from apps.files.models import File, FileVersion
from apps.projects.models import Project
from tests.conftest import api, events_of
from tests.factories import numbers

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
PROJECTS, FILES = "/api/v1/projects", "/api/v1/files"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\x80"))
    + _chunk(b"IEND", b"")
)


def make_project(client: Client, **fields: Any) -> Project:
    with organization_scope(client.organization_id):
        return Project.objects.create(
            organization_id=client.organization_id,
            client=client,
            name=fields.pop("name", f"Project {next(numbers)}"),
            **fields,
        )


def make_file(
    person: Membership, content: bytes = PDF, name: str | None = None, **place: Any
) -> File:
    """A checked file of `person`, as an upload makes it; `place` is where it belongs."""
    name = name or f"file-{next(numbers)}.pdf"
    with organization_scope(person.organization_id):
        kept = services.take_in(io.BytesIO(content), name, max_bytes=10**9)
        file = services.keep_uploads(person.actor(), [kept], **place)[0]
        return File.objects.select_related("current").get(id=file.id)


def make_version(person: Membership, file: File, content: bytes = PDF) -> FileVersion:
    """The next version of a file, with other bytes."""
    with organization_scope(person.organization_id):
        other = content + str(next(numbers)).encode()
        kept = services.take_in(io.BytesIO(other), file.name, max_bytes=10**9)
        return services.add_version(person.actor(), file, kept)


def make_shared_file(person: Membership, client: Client, **fields: Any) -> File:
    """A file that the client may see, in a project of his."""
    project = make_project(client)
    return make_file(person, project_id=project.id, visibility="client", **fields)


def part(content: bytes = PDF, name: str = "guide.pdf", kind: str = "") -> SimpleUploadedFile:
    """A file part of a form. Its declared type is a lie on purpose: only content counts."""
    return SimpleUploadedFile(name, content, kind or "application/x-anything")


def upload(person: Membership, content: bytes = PDF, name: str = "guide.pdf", **fields: Any) -> Any:
    """Send one file as `person`; return the response."""
    form = {"file": part(content, name), **fields}
    return api(person).post(FILES, form, format="multipart")


def file_events(person: Membership) -> list[str]:
    """The kinds of all events about files, in order."""
    return [event.kind for event in events_of(person) if event.kind.startswith("file.")]


def body_of(response: Any) -> bytes:
    """The bytes of a download."""
    return b"".join(response.streaming_content)
