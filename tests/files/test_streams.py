"""Uploads as real streams: flat memory, senders that vanish, names that race (R63, R66, R67)."""

import hashlib
import io
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.files import services
from apps.files.models import File, FileVersion
from apps.files.providers import LocalStorage, StorageFailed, UnknownKey, new_key, sha256_of
from tests.conftest import access_token
from tests.files.factories import FILES, make_project

MEGABYTE = 1024 * 1024
HEAD = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'
END = b"\r\n--XX--\r\n"


class Sender(io.RawIOBase):
    """A body of `size` zero bytes in a form; `cut` bytes later the sender is gone."""

    def __init__(self, size: int, cut: int | None = None, project: str = "") -> None:
        field = f'--XX\r\nContent-Disposition: form-data; name="project_id"\r\n\r\n{project}\r\n'
        self.head = (field.encode() if project else b"") + HEAD
        self.length = len(self.head) + size + len(END)
        self.size, self.at, self.cut = size, 0, cut

    def read(self, size: int = -1) -> bytes:
        if self.cut is not None and self.at >= self.cut:
            raise ConnectionResetError("gone")
        left = self.length - self.at
        size = left if size < 0 else min(size, left)
        if self.cut is not None:
            size = min(size, self.cut - self.at)
        start, zeros_end = len(self.head), len(self.head) + self.size
        taken = bytearray()
        while len(taken) < size:
            at = self.at + len(taken)
            if at < start:
                taken += self.head[at : at + size - len(taken)]
            elif at < zeros_end:
                taken += bytes(min(size - len(taken), zeros_end - at))
            else:
                taken += END[at - zeros_end : at - zeros_end + size - len(taken)]
        self.at += len(taken)
        return bytes(taken)


def send(person: Membership, sender: Any, length: int | None = None) -> tuple[int, Any]:
    """Send through the WSGI application itself; return status and body."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": FILES,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": sender,
        "wsgi.errors": io.StringIO(),
        "CONTENT_TYPE": "multipart/form-data; boundary=XX",
        "CONTENT_LENGTH": str(length if length is not None else sender.length),
        "HTTP_AUTHORIZATION": f"Bearer {access_token(person)}",
        "REMOTE_ADDR": "127.0.0.1",
    }
    statuses: list[str] = []

    def start(status: str, *_rest: Any) -> Callable[[bytes], object]:
        statuses.append(status)
        return statuses.append  # type: ignore[return-value]  # nobody writes this way

    response = WSGIHandler()(environ, start)
    body = b"".join(response)
    return int(statuses[0][:3]), orjson.loads(body)


def stored() -> list[Path]:
    return [path for path in Path(settings.FILES_ROOT).rglob("*") if path.is_file()]


def rows(person: Membership) -> int:
    with organization_scope(person.organization_id):
        return FileVersion.objects.count() + File.objects.count()


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the handler leave the test's own connection open."""
    from django.core import signals
    from django.db import close_old_connections

    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    monkeypatch.setattr(settings, "SERVED_HOSTS", ["*"])
    yield
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


@pytest.mark.usefixtures("quiet")
def test_r63_memory_stays_flat_while_60_megabytes_arrive(staff: Membership) -> None:
    send(staff, Sender(1000))  # what is loaded on first use is not the stream's fault
    tracemalloc.start()
    try:
        status, body = send(staff, Sender(60 * MEGABYTE))
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (status, body["data"]["size"]) == (201, 60 * MEGABYTE)
    assert peak < 8 * MEGABYTE, f"{peak / MEGABYTE:.1f} MiB"


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("cut", [10, 200, 70_000, 999_999, 1_000_075])
def test_r66_a_sender_who_vanishes_leaves_nothing(staff: Membership, cut: int) -> None:
    status, body = send(staff, Sender(1_000_000, cut=cut))
    assert (status, body["code"]) == (400, "MALFORMED_REQUEST")
    assert (stored(), rows(staff)) == ([], 0)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("wrong", [-5000, -20, -3])
def test_r66_a_content_length_below_the_truth_leaves_nothing(staff: Membership, wrong: int) -> None:
    sender = Sender(100_000)
    status, body = send(staff, sender, sender.length + wrong)
    assert (status, body["code"]) == (400, "MALFORMED_REQUEST")
    assert (stored(), rows(staff)) == ([], 0)


@pytest.mark.usefixtures("quiet")
def test_no_transaction_is_open_while_the_sender_sends(staff: Membership) -> None:
    depths: list[int] = []

    class Watching(Sender):
        def read(self, size: int = -1) -> bytes:
            depths.append(len(connection.savepoint_ids))
            return super().read(size)

    outside = len(connection.savepoint_ids)
    assert send(staff, Watching(1_000_000))[0] == 201
    assert set(depths) == {outside}


@pytest.mark.django_db(transaction=True)
def test_r67_of_two_uploads_of_one_name_at_once_one_is_the_second_version(
    staff: Membership, client_a: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SERVED_HOSTS", ["*"])
    project = str(make_project(client_a).id)
    barrier = threading.Barrier(2, timeout=20)

    class Together(Sender):
        def read(self, size: int = -1) -> bytes:
            if self.at == 0:
                barrier.wait()
            return super().read(size)

    def one(size: int) -> Any:
        try:
            return send(staff, Together(size, project=project))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(one, (1000, 2000)))
    assert [status for status, _ in answers] == [201, 201]
    assert sorted(body["data"]["version"] for _, body in answers) == [1, 2]
    assert len({body["data"]["id"] for _, body in answers}) == 1


# -- the store ------------------------------------------------------------------------------


def test_p60_the_store_keeps_what_it_was_given(tmp_path: Path) -> None:
    storage, key = LocalStorage(tmp_path), new_key(uuid4())
    content = bytes(range(256)) * 3000
    assert storage.put(io.BytesIO(content), key, "text/plain") == len(content)
    assert (storage.stat(key).size, storage.signed_url(key, "GET", 60)) == (len(content), None)
    assert b"".join(storage.open(key)) == content
    assert b"".join(storage.open(key, 255, 2)) == b"\xff\x00"
    assert sha256_of(storage, key) == hashlib.sha256(content).hexdigest()
    storage.delete(key)
    storage.delete(key)
    with pytest.raises(UnknownKey):
        storage.stat(key)


@pytest.mark.parametrize(
    "use",
    [
        lambda storage, key: storage.open(key),
        lambda storage, key: storage.stat(key),
        lambda storage, key: storage.delete(key),
    ],
)
@pytest.mark.parametrize(
    "key", ["../secret", "kept/../../etc/passwd", "/etc/passwd", "kept/aa", ""]
)
def test_p63_a_key_that_is_none_never_becomes_a_path(
    tmp_path: Path, use: Callable[[Any, str], Any], key: str
) -> None:
    with pytest.raises(UnknownKey):
        use(LocalStorage(tmp_path / "files"), key)


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(StorageFailed):
        LocalStorage(tmp_path / "files").writer(uuid4())


def test_half_written_uploads_of_a_killed_process_are_cleared(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    assert services.sweep() == 0
    writer = storage.writer(uuid4())
    writer.write(b"half")
    assert storage.clear_incoming(older_than_seconds=3600) == 0
    assert storage.clear_incoming(older_than_seconds=-1) == 1
    writer.drop()
