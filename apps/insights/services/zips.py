"""A zip that is written into the store as it grows: memory does not (R35).

Rows are read in pages, each in a transaction of its own; no transaction is open while bytes move.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import orjson

from apps.core import clock
from apps.core.privacy import Area, Content, Subject
from apps.core.tenancy import organization_scope
from apps.files.providers import Storage, UnknownKey, Writer

PAGE = 500
BEAT_BYTES = 16 * 1024 * 1024
README = """This archive holds the data about you.

index.json  the list of all parts, with a sentence about each and the number of its entries
*.json      one part each, as a JSON array
files/      the files that you uploaded: <id of the file>/<version>/<name>

Times are UTC. Amounts of money are in minor units (cents). Passwords, keys and other secrets are
not in here: the portal keeps only their fingerprints or keeps them encrypted.
"""


class Sink(io.RawIOBase):
    """What ZipFile writes to: a writer of the store, with the digest of all that went through."""

    def __init__(self, writer: Writer) -> None:
        super().__init__()
        self.writer, self.digest, self.size = writer, hashlib.sha256(), 0

    def writable(self) -> bool:
        """Say yes; it cannot be read or sought, and ZipFile then needs neither."""
        return True

    def write(self, chunk: Any) -> int:
        """Pass a chunk on."""
        content = bytes(chunk)
        self.writer.write(content)
        self.digest.update(content)
        self.size += len(content)
        return len(content)


@dataclass(slots=True)
class Archive:
    """A person's zip on its way. `beat` is called now and then: it may stop the work."""

    subject: Subject
    storage: Storage
    zip: ZipFile
    beat: "Callable[[Archive], None]"
    index: list[dict[str, Any]] = field(default_factory=list)
    copied: int = 0

    def add(self, area: Area) -> None:
        """Write an area's rows, then the bytes that belong to them."""
        count = 0
        entry = _entry(f"{area.name}.json", ZIP_DEFLATED)
        contents: list[Content] = []
        with self.zip.open(entry, "w") as out:
            for row in _rows(self.subject, area):
                if area.content is not None and (content := area.content(row)) is not None:
                    contents.append(content)
                shown = area.shape(row) if area.shape else row
                out.write(b",\n" if count else b"[\n")
                out.write(orjson.dumps(shown, default=str))
                count += 1
            out.write(b"\n]\n" if count else b"[]\n")
        missing = [content.name for content in contents if not self._copy(content)]
        part = {"file": f"{area.name}.json", "about": area.about, "entries": count}
        self.index.append(part | ({"missing": missing} if missing else {}))

    def finish(self) -> None:
        """Write the index, the page for people, and the end of the zip."""
        index = {
            "person": self.subject.user_id,
            "organization": self.subject.organization_id,
            "made_at": clock.iso(clock.now()),
            "parts": self.index,
        }
        self.zip.writestr(_entry("index.json", ZIP_DEFLATED), orjson.dumps(index, default=str))
        self.zip.writestr(_entry("README.txt", ZIP_DEFLATED), README)
        self.zip.close()

    def _copy(self, content: Content) -> bool:
        try:
            blocks = self.storage.open(content.key)
        except UnknownKey:
            return False
        told = self.copied
        entry = _entry(content.name, ZIP_STORED)
        entry.file_size = content.size
        with self.zip.open(entry, "w", force_zip64=True) as out:
            for block in blocks:
                out.write(block)
                self.copied += len(block)
                if self.copied - told >= BEAT_BYTES:
                    told = self.copied
                    self.beat(self)
        return True


def _entry(name: str, compression: int) -> ZipInfo:
    entry = ZipInfo(name, clock.now().timetuple()[:6])
    entry.compress_type = compression
    entry.external_attr = 0o600 << 16
    return entry


def _rows(subject: Subject, area: Area) -> Iterator[dict[str, Any]]:
    last = None
    while True:
        with organization_scope(subject.organization_id):
            rows = area.rows if last is None else area.rows.filter(pk__gt=last)
            page = list(rows.order_by("pk")[:PAGE])
        yield from (dict(row) for row in page)
        if len(page) < PAGE:
            return
        last = page[-1]["id"]
