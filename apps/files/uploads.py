"""A multipart body as a stream: each file goes to the store while it arrives (P58, R63).

Django's parser cuts the parts; every chunk is written, hashed and forgotten. Whatever ends the
upload early, nothing of it stays in the store.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler
from django.db import DatabaseError
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from apps.core.cores import freed
from apps.core.errors import InvalidFields, PayloadTooLarge, Unavailable
from apps.files.errors import (
    BrokenUpload,
    FileTooLarge,
    NotAsDeclared,
    NotMultipart,
    TooManyFiles,
)
from apps.files.intake import Content, Intake
from apps.files.providers import BLOCK, Storage, StorageFailed

ONE, SEVERAL = "file", "files"
OVERHEAD_BYTES = 1024 * 1024  # of fields and part headers beside the files
DRAINED_BYTES = 8 * 1024 * 1024  # read on after a refusal, so that the sender sees the answer


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one upload may hold."""

    file_bytes: int
    files: int


@dataclass(slots=True)
class Upload:
    """What arrived: form fields, and contents in the order of the parts."""

    fields: QueryDict
    contents: list[Content] = field(default_factory=list)
    is_one: bool = True  # sent as `file`, so the answer is one object


@contextmanager
def received(request: HttpRequest, storage: Storage, limits: Limits) -> Iterator[Upload]:
    """Yield the upload of a request; when the block fails, its contents are removed again.

    Raises NotMultipart, BrokenUpload, FileTooLarge, TooManyFiles, EmptyFile, TypeNotAllowed,
    InvalidFields and Unavailable. Call it with no transaction open: it waits for the sender.
    """
    receiver = Receiver(storage, limits)
    is_kept = False
    try:
        with freed():
            upload = _read(request, receiver, limits)
        yield upload
        is_kept = True
    except StorageFailed as error:
        raise Unavailable(rule="storage") from error
    except DatabaseError:
        is_kept = (
            True  # perhaps it was committed: bytes without a row do less harm than the reverse
        )
        raise
    finally:
        receiver.close(is_kept=is_kept)


def check_declared(contents: list[Content], sha256: str) -> None:
    """Raise NotAsDeclared when the one file is not what its sender hashed (R66)."""
    if len(contents) != 1:
        raise InvalidFields(sha256="A hash can be declared for an upload of one file only.")
    if contents[0].sha256 != sha256.lower():
        raise NotAsDeclared(declared_sha256=sha256, received_sha256=contents[0].sha256)


class Receiver(FileUploadHandler):
    """Gives each part that is a file to an `Intake`; refuses the first that breaks a rule."""

    chunk_size = BLOCK

    def __init__(self, storage: Storage, limits: Limits) -> None:
        super().__init__()
        self.storage, self.limits = storage, limits
        self.contents: list[Content] = []
        self.names: set[str] = set()
        self.intake: Intake | None = None
        self.declared_bytes: int | None = None

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """Begin a file; raises TooManyFiles, InvalidFields."""
        if field_name not in {ONE, SEVERAL}:
            raise InvalidFields(**{field_name[:100]: "Send files as `file` or `files`."})
        if len(self.contents) >= self.limits.files:
            raise TooManyFiles(limit=self.limits.files)
        self.names.add(field_name)
        self.declared_bytes = args[1] if len(args) > 1 else None
        self.intake = Intake(self.storage, file_name, self.limits.file_bytes)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Pass the chunk on, and keep nothing of it."""
        if self.intake is not None:
            self.intake.write(raw_data)

    def file_complete(self, file_size: int) -> None:
        """End the file; raises its refusals. The parser itself gets no file object."""
        intake, self.intake = self.intake, None
        if intake is None:
            return
        try:
            if self.declared_bytes not in {None, intake.size}:
                raise NotAsDeclared(declared_bytes=self.declared_bytes, received_bytes=intake.size)
            self.contents.append(intake.finish())
        finally:
            intake.close()

    def close(self, *, is_kept: bool) -> None:
        """Drop what is unfinished and, unless the upload was accepted, what is finished too."""
        if self.intake is not None:
            self.intake.close()
        for content in [] if is_kept else self.contents:
            self.storage.delete(content.key)


def _read(request: HttpRequest, receiver: Receiver, limits: Limits) -> Upload:
    if request.content_type != "multipart/form-data":
        raise NotMultipart
    _refuse_by_length(request, limits)
    body = Body(request)
    try:
        fields = _parse(request, receiver, body)
    except (MultiPartParserError, TooManyFieldsSent, OSError) as error:
        raise BrokenUpload(fault=str(error)[:200]) from error
    except (RequestDataTooBig, TooManyFilesSent) as error:
        raise PayloadTooLarge from error
    finally:
        body.drain()
    if not receiver.contents:
        raise InvalidFields(file="Send at least one file, as `file` or `files`.")
    is_one = receiver.names == {ONE} and len(receiver.contents) == 1
    return Upload(fields, receiver.contents, is_one)


def _refuse_by_length(request: HttpRequest, limits: Limits) -> None:
    """Refuse an upload that says itself that it is too large, before a byte is read."""
    announced = request.META.get("CONTENT_LENGTH") or ""
    most = limits.file_bytes * limits.files + OVERHEAD_BYTES
    if announced.isdigit() and int(announced) > most:
        raise FileTooLarge(limit_bytes=limits.file_bytes)


def _parse(request: HttpRequest, receiver: Receiver, body: "Body") -> QueryDict:
    stream: Any = body  # the parser reads, and asks for nothing else
    parser = Parts(request.META, stream, [receiver], request.encoding)
    fields, _files = parser.parse()
    boundary = (request.content_params or {}).get("boundary", "").encode()
    if not body.ends_with(b"--" + boundary + b"--"):
        raise BrokenUpload(fault="the body ends before its closing boundary")
    return fields


class Parts(MultiPartParser):
    """Django's parser, but a file keeps the name it was sent with: it is never a path (R73)."""

    def sanitize_file_name(self, file_name: str) -> str:
        """Return the name unchanged."""
        return file_name

    IE_sanitize = sanitize_file_name


class Body:
    """The request's stream; remembers how it ended, and reads on after a refusal."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.end = b""
        self.is_over = False

    def read(self, size: int = BLOCK) -> bytes:
        """Return the next bytes; raises OSError when the sender is gone."""
        self.is_over = True  # also when the read fails: nothing more will come
        chunk = self.request.read(size)
        self.is_over = not chunk
        self.end = chunk[-512:] if len(chunk) >= 512 else (self.end + chunk)[-512:]
        return chunk

    def ends_with(self, mark: bytes) -> bool:
        """Whether the body ended with `mark`, line ends aside."""
        return self.end.rstrip(b"\r\n").endswith(mark)

    def drain(self) -> None:
        """Read a bounded rest: a sender that still sends does not look at the answer."""
        left = DRAINED_BYTES
        with suppress(OSError):  # the sender may leave at the sight of the answer
            while left > 0 and not self.is_over:
                left -= len(self.read(BLOCK))
