"""From a stream to checked bytes: written, hashed and searched on the way, in flat memory.

The built-in checks of R65: type by content, size, name, the EICAR test file, archive bombs.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from apps.core.errors import InvalidFields
from apps.core.ids import uuid7
from apps.files.errors import EmptyFile, FileTooLarge, TypeNotAllowed
from apps.files.media_types import (
    EXECUTABLE,
    HEAD_BYTES,
    HTML,
    is_executable_name,
    media_type_of,
)
from apps.files.providers import APART, KEPT, Storage, new_key

MAX_NAME_BYTES = 255
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CHECKS = "built-in checks: type, size, name, test virus, archive"
END_OF_ARCHIVE = b"PK\x05\x06"
ARCHIVE_TAIL = 16 * 1024 * 1024  # bytes of the directory that are looked at
MAX_ENTRIES = 100_000
MAX_RATIO = 200  # of unpacked to packed, for archives that unpack to more than the next line
BOMB_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes in the store: where they are, what they are, and what the checks said."""

    name: str
    key: str
    size: int
    sha256: str
    content_type: str
    threat: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether no check found anything."""
        return not self.threat


class Intake:
    """One file on its way in. `write` each chunk, then `finish`; always end with `close`."""

    def __init__(self, storage: Storage, name: str, max_bytes: int) -> None:
        self.name = checked_name(name)
        self.max_bytes = max_bytes
        self.size = 0
        self.head = b""
        self._digest = hashlib.sha256()
        self._end = b""
        self._is_test_virus = False
        self._id = uuid7()
        self._writer = storage.writer(self._id)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; raises FileTooLarge, StorageFailed."""
        self.size += len(chunk)
        if self.size > self.max_bytes:
            raise FileTooLarge(limit_bytes=self.max_bytes, file=self.name)
        if len(self.head) < HEAD_BYTES:
            self.head += chunk[: HEAD_BYTES - len(self.head)]
        self._search(chunk)
        self._digest.update(chunk)
        self._writer.write(chunk)

    def _search(self, chunk: bytes) -> None:
        """Look for the test virus, also where it lies across two chunks."""
        seam = self._end + chunk[: len(EICAR)]
        if EICAR in seam or EICAR in chunk:
            self._is_test_virus = True
        self._end = (self._end + chunk[-len(EICAR) :])[-len(EICAR) :]

    def finish(self) -> Content:
        """Return the stored content; raises EmptyFile, TypeNotAllowed, StorageFailed."""
        if not self.size:
            raise EmptyFile(file=self.name)
        media_type = media_type_of(self.head, self.name)
        threat = self._threat(media_type)
        if not threat and (media_type in {EXECUTABLE, HTML} or is_executable_name(self.name)):
            raise TypeNotAllowed(file=self.name, content_type=media_type)
        key = new_key(self._id, APART if threat else KEPT)
        self._writer.keep(key)
        digest = self._digest.hexdigest()
        return Content(self.name, key, self.size, digest, media_type, threat)

    def _threat(self, media_type: str) -> str:
        if self._is_test_virus:
            return "EICAR test virus"
        if self.head[:2] == b"PK" and media_type != EXECUTABLE:
            tail = self._writer.tail(min(self.size, ARCHIVE_TAIL))
            return bomb_in(tail, self.size)
        return ""

    def close(self) -> None:
        """Remove what was not finished."""
        self._writer.drop()


def checked_name(name: str) -> str:
    """Return the name as given; raises InvalidFields (R73: it is shown, never a path)."""
    try:
        length = len(name.encode())
    except UnicodeEncodeError as error:
        raise InvalidFields(file="The name of the file is not valid Unicode.") from error
    if not name.strip() or any(ord(sign) < 32 or ord(sign) == 127 for sign in name):
        raise InvalidFields(file="The name of the file is empty or holds control characters.")
    if length > MAX_NAME_BYTES:
        raise InvalidFields(file=f"The name of the file is longer than {MAX_NAME_BYTES} bytes.")
    return name


def bomb_in(tail: bytes, size: int) -> str:
    """Return why a ZIP archive is a bomb, judged by its directory; empty when it is none."""
    at = tail.rfind(END_OF_ARCHIVE)
    if at < 0 or len(tail) < at + 22:
        return ""
    (directory_bytes,) = struct.unpack("<I", tail[at + 12 : at + 16])
    start = at - directory_bytes
    if start < 0:
        return "archive with too many entries"
    unpacked = count = 0
    for entry_bytes in _entries(tail[start:at]):
        unpacked, count = unpacked + entry_bytes, count + 1
        if count > MAX_ENTRIES:
            return "archive with too many entries"
    return "archive bomb" if unpacked > max(BOMB_BYTES, size * MAX_RATIO) else ""


def _entries(directory: bytes) -> Iterator[int]:
    """Yield the unpacked size of each entry of a central directory (APPNOTE 4.3.12)."""
    at = 0
    while directory[at : at + 4] == b"PK\x01\x02" and at + 46 <= len(directory):
        (unpacked,) = struct.unpack("<I", directory[at + 24 : at + 28])
        name, extra, comment = struct.unpack("<HHH", directory[at + 28 : at + 34])
        yield unpacked
        at += 46 + name + extra + comment
