"""Where bytes lie: the storage port (C10, P60) and its adapter for a local folder.

A key is made here, from an id and nothing else: a name that somebody typed never becomes a path
(R73). Bytes arrive under `incoming/` and get their key only when they are whole.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import UUID

BLOCK = 256 * 1024  # bytes a read or write: measured fastest, and small enough for many at once
KEPT, APART = "kept", "apart"  # apart: infected content, which no route serves
KEY = re.compile(r"(kept|apart)/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f-]{36}")


class UnknownKey(Exception):
    """Nothing is stored under the key."""


class StorageFailed(Exception):
    """The store cannot be written or read now: full, read-only, or broken."""


@dataclass(frozen=True, slots=True)
class Stat:
    """What the store knows of a key."""

    size: int


class Writer(Protocol):
    """Bytes on their way in. Ends with `keep` or `drop`; both may be called after a failure."""

    def write(self, chunk: bytes) -> None:
        """Append; raises StorageFailed."""
        ...

    def tail(self, size: int) -> bytes:
        """Return the last `size` bytes written so far; raises StorageFailed."""
        ...

    def keep(self, key: str) -> None:
        """Make the bytes durable under `key`, whole or not at all; raises StorageFailed."""
        ...

    def drop(self) -> None:
        """Forget the bytes; a second call does nothing."""
        ...


class Storage(Protocol):
    """The port. An adapter raises UnknownKey and StorageFailed, and nothing of its library."""

    def writer(self, upload_id: UUID) -> Writer:
        """Return a place for new bytes; raises StorageFailed."""
        ...

    def put(self, stream: BinaryIO, key: str, content_type: str) -> int:
        """Store the whole stream under `key`; return its size in bytes."""
        ...

    def open(self, key: str, first: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Return the blocks of a key from byte `first` on, `length` bytes or all. Has `close`."""
        ...

    def delete(self, key: str) -> None:
        """Remove a key; one that is not there is no fault."""
        ...

    def signed_url(self, key: str, method: str, seconds: int) -> str | None:
        """Return an address that works without us for `seconds`; None where there is none."""
        ...

    def stat(self, key: str) -> Stat:
        """Return what is known of a key; raises UnknownKey."""
        ...


def new_key(content_id: UUID, area: str = KEPT) -> str:
    """Return the key of new content. Folders come from the random end of the id."""
    end = content_id.hex
    return f"{area}/{end[-2:]}/{end[-4:-2]}/{content_id}"


def sha256_of(storage: Storage, key: str) -> str:
    """Return the SHA-256 of stored bytes in hex, read now; raises UnknownKey, StorageFailed."""
    digest = hashlib.sha256()
    for block in storage.open(key):
        digest.update(block)
    return digest.hexdigest()


class LocalStorage:
    """A folder of one machine. `root` must lie on one file system: a rename ends each upload."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"

    def writer(self, upload_id: UUID) -> "LocalWriter":
        """Return a writer into a fresh file under `incoming/`."""
        return LocalWriter(self, self.incoming / str(upload_id))

    def put(self, stream: BinaryIO, key: str, content_type: str) -> int:
        """Store a stream; the folder keeps no content type."""
        writer = self.writer(UUID(key[-36:]))
        size = 0
        try:
            while chunk := stream.read(BLOCK):
                writer.write(chunk)
                size += len(chunk)
            writer.keep(key)
        finally:
            writer.drop()
        return size

    def open(self, key: str, first: int = 0, length: int | None = None) -> "Blocks":
        """Open a key for reading."""
        try:
            file = self.path_of(key).open("rb", buffering=0)
        except FileNotFoundError as error:
            raise UnknownKey(key) from error
        except OSError as error:
            raise StorageFailed(key) from error
        return Blocks(file, first, length)

    def delete(self, key: str) -> None:
        """Remove a key."""
        try:
            self.path_of(key).unlink(missing_ok=True)
        except OSError as error:
            raise StorageFailed(key) from error

    def signed_url(self, key: str, method: str, seconds: int) -> str | None:
        """Return None: a local file leaves through the portal only (P63)."""
        return None

    def stat(self, key: str) -> Stat:
        """Return the size of a key."""
        try:
            return Stat(self.path_of(key).stat().st_size)
        except FileNotFoundError as error:
            raise UnknownKey(key) from error

    def clear_incoming(self, older_than_seconds: float) -> int:
        """Remove what killed processes left half-written; return how many there were."""
        limit, count = time.time() - older_than_seconds, 0
        for path in self.incoming.glob("*"):
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)
                count += 1
        return count

    def path_of(self, key: str) -> Path:
        """Return the path of a key of ours; raises UnknownKey for any other text."""
        if not KEY.fullmatch(key):
            raise UnknownKey(key)
        return self.root / key


class LocalWriter:
    """A file under `incoming/` that a rename moves to its key once it is on the disk."""

    def __init__(self, storage: LocalStorage, path: Path) -> None:
        self.storage, self.path = storage, path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.file = path.open("x+b", buffering=0)
        except OSError as error:
            raise StorageFailed(str(path.parent)) from error

    def write(self, chunk: bytes) -> None:
        """Append; a write may take less than it was given."""
        rest = memoryview(chunk)
        try:
            while rest:
                rest = rest[self.file.write(rest) :]
        except OSError as error:
            raise StorageFailed(str(error.errno)) from error

    def tail(self, size: int) -> bytes:
        """Return the last bytes."""
        try:
            end = self.file.seek(0, os.SEEK_END)
            self.file.seek(max(0, end - size))
            return self.file.read(size)
        except OSError as error:
            raise StorageFailed(str(error.errno)) from error

    def keep(self, key: str) -> None:
        """Sync and rename; then sync the folder, or a power cut may lose the name."""
        target = self.storage.path_of(key)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.fsync(self.file.fileno())
            self.path.replace(target)
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise StorageFailed(str(error.errno)) from error

    def drop(self) -> None:
        """Close, and remove what was not kept."""
        self.file.close()
        self.path.unlink(missing_ok=True)


class Blocks(Iterator[bytes]):
    """The bytes of an open file, a block at a time. A server calls `close` when it is done."""

    def __init__(self, file: BinaryIO, first: int, length: int | None) -> None:
        self.file, self.left = file, length
        if first:
            file.seek(first)

    def __next__(self) -> bytes:
        size = BLOCK if self.left is None else min(BLOCK, self.left)
        block = self.file.read(size) if size else b""
        if not block:
            self.close()
            raise StopIteration
        if self.left is not None:
            self.left -= len(block)
        return block

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self.file.close()
