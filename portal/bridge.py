"""Serves Django's WSGI application from an ASGI server, one thread per request.

Django's own ASGI handler is several times slower for synchronous views. Bodies are pulled from
the event loop chunk by chunk and streamed answers wait for the client, so memory stays flat.
"""

import asyncio
import logging
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Result = TypeVar("Result")

PREFETCH_BYTES = 64 * 1024  # a body up to this size is read before a thread is taken
FILE_CHUNK_BYTES = 256 * 1024  # files arrive from Django in 4 kB pieces; each hop has its price
PATIENCE_SECONDS = 30.0  # how long a client may stand still in a body, either way

logger = logging.getLogger("portico.bridge")


class ClientLeft(ConnectionError):
    """The client closed the connection before the exchange was complete."""


class RequestBody:
    """`wsgi.input`: a blocking reader that asks the event loop only when the view reads."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, receive: Receive, start: bytes, *, more: bool
    ) -> None:
        self._loop = loop
        self._receive = receive
        self._held = bytearray(start)
        self.more = more

    def read(self, size: int = -1, /) -> bytes:
        """Return `size` bytes, fewer at the end. Raises ClientLeft, TimeoutError."""
        while self.more and (size < 0 or len(self._held) < size):
            self._pull()
        return self._take(len(self._held) if size < 0 else size)

    def readline(self, size: int = -1, /) -> bytes:
        """Return the next line with its line feed, at most `size` bytes of it."""
        searched = 0
        while (at := self._held.find(b"\n", searched)) < 0 and self.more:
            searched = len(self._held)
            if 0 <= size <= searched:
                break
            self._pull()
        end = at + 1 if at >= 0 else len(self._held)
        return self._take(end if size < 0 else min(end, size))

    def readlines(self, hint: int = -1, /) -> list[bytes]:
        """Return lines until the end, or until `hint` bytes are passed."""
        lines: list[bytes] = []
        total = 0
        for line in self:
            lines.append(line)
            total += len(line)
            if 0 < hint <= total:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _pull(self) -> None:
        message = _on_loop(self._loop, _within(self._receive()))
        if message["type"] == "http.disconnect":
            self.more = False
            raise ClientLeft("The client left before its body was complete.")
        self._held += message.get("body", b"")
        self.more = message.get("more_body", False)

    def _take(self, size: int) -> bytes:
        chunk = bytes(self._held[:size])
        del self._held[:size]
        return chunk


class WSGIBridge:
    """An ASGI application that answers HTTP with a WSGI application, in `threads` threads."""

    def __init__(self, wsgi: WSGIApplication, threads: int = 40) -> None:
        self._wsgi = wsgi
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if any(name == b"transfer-encoding" for name, _ in scope["headers"]):
            # Django reads a body only up to its Content-Length and would see an empty one.
            await _send_plain(send, 411, b"Length Required")
            return
        try:
            start, more = await _prefetch(receive)
        except ClientLeft:
            return
        except TimeoutError:
            await _send_plain(send, 408, b"Request Timeout")
            return
        loop = asyncio.get_running_loop()
        body = RequestBody(loop, receive, start, more=more)
        answer = Answer(loop, receive, send, scope["method"])
        try:
            last = await loop.run_in_executor(self._pool, self._run, scope, body, answer)
        except ClientLeft:
            return
        except Exception:
            logger.exception("The application failed for %s %s", scope["method"], scope["path"])
            if answer.is_sending:
                raise  # too late for a status: the server cuts the connection
            last = _plain(500, b"Internal Server Error")
        for message in last:
            await send(message)

    def close(self) -> None:
        """Take no further request; running ones finish by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, scope: Scope, body: RequestBody, answer: "Answer") -> list[Message]:
        response = self._wsgi(environ_of(scope, body), answer.start)
        try:
            if isinstance(response, list | tuple) or not getattr(response, "streaming", True):
                return answer.whole(b"".join(response))
            answer.stream(response, is_watched=not body.more)
        finally:
            close = getattr(response, "close", None)
            if close is not None:
                close()
        return []


class Answer:
    """The way back of one request: what `start_response` said, and where to send it."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, receive: Receive, send: Send, method: str
    ) -> None:
        self._loop = loop
        self._receive = receive
        self._send = send
        self._has_body = method != "HEAD"
        self._head: Message | None = None
        self._written = bytearray()  # by the `write` of PEP 3333, which comes before the body
        self._left = threading.Event()
        self.is_sending = False

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        """Be the `start_response` of PEP 3333."""
        if exc_info is not None and self.is_sending:
            raise exc_info[1].with_traceback(exc_info[2])
        pairs = [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in headers]
        self._head = {
            "type": "http.response.start",
            "status": int(status[:3]),
            "headers": pairs,
        }
        return self._written.extend

    def whole(self, content: bytes) -> list[Message]:
        """Return the messages of a finished answer; the loop sends them in one go."""
        head = self._started()
        content = bytes(self._written) + content
        if self._has_body and head["status"] not in {204, 304}:
            if not any(name == b"content-length" for name, _ in head["headers"]):
                head["headers"].append((b"content-length", str(len(content)).encode()))
        else:
            content = b""
        return [head, {"type": "http.response.body", "body": content}]

    def stream(self, response: Iterable[bytes], *, is_watched: bool) -> None:
        """Send chunk by chunk, each after the one before is out. Raises ClientLeft."""
        watch = is_watched and asyncio.run_coroutine_threadsafe(self._watch(), self._loop)
        try:
            self._post(self._started())
            if self._has_body:
                self._chunk(bytes(self._written))
                is_file = getattr(response, "file_to_stream", None) is not None
                for chunk in _joined(response) if is_file else response:
                    self._chunk(chunk)
            self._post({"type": "http.response.body", "body": b""})
        finally:
            if watch:
                watch.cancel()

    def _started(self) -> Message:
        if self._head is None:
            raise RuntimeError("The application returned before it called start_response.")
        return self._head

    def _chunk(self, chunk: bytes) -> None:
        if self._left.is_set():
            raise ClientLeft("The client left before the answer was complete.")
        if chunk:
            self._post({"type": "http.response.body", "body": chunk, "more_body": True})

    def _post(self, message: Message) -> None:
        self.is_sending = True
        _on_loop(self._loop, _within(self._send(message)))

    async def _watch(self) -> None:
        """Notice a client that leaves: servers drop what is sent to it without a word."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._left.set()


def environ_of(scope: Scope, body: RequestBody) -> dict[str, Any]:
    """Return the environment of PEP 3333 for a request."""
    script, path = _path_of(scope)
    server = scope.get("server") or ("localhost", None)
    client = scope.get("client") or ("", 0)
    scheme = scope.get("scheme", "http")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": script,
        "PATH_INFO": path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or (443 if scheme == "https" else 80)),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        _add_header(environ, raw_name.decode("latin-1"), raw_value.decode("latin-1"))
    return environ


def _path_of(scope: Scope) -> tuple[str, str]:
    """Return SCRIPT_NAME and PATH_INFO: the bytes of the path, read as latin-1 (PEP 3333)."""
    raw = scope.get("raw_path") or scope["path"].encode()
    path = unquote_to_bytes(raw).decode("latin-1")
    script = scope.get("root_path", "").encode().decode("latin-1")
    return script, path.removeprefix(script)


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    if "_" in name:
        return  # `X_Forwarded_For` would become the same variable as `X-Forwarded-For`
    key = name.upper().replace("-", "_")
    if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        key = f"HTTP_{key}"
    if key in environ:
        value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
    environ[key] = value


async def _prefetch(receive: Receive) -> tuple[bytes, bool]:
    """Return the start of the body and whether more follows. Raises ClientLeft, TimeoutError."""
    held = bytearray()
    more = True
    while more and len(held) < PREFETCH_BYTES:
        message = await _within(receive())
        if message["type"] == "http.disconnect":
            raise ClientLeft("The client left before its body was complete.")
        held += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(held), more


async def _within(waited: Awaitable[Result]) -> Result:
    """Return what `waited` gives. Raises TimeoutError when the client stands still too long."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await waited


def _on_loop(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run_coroutine_threadsafe(work, loop).result()


def _joined(chunks: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        if len(held) >= FILE_CHUNK_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _plain(status: int, text: bytes) -> list[Message]:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
        (b"connection", b"close"),
    ]
    return [
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": text},
    ]


async def _send_plain(send: Send, status: int, text: bytes) -> None:
    for message in _plain(status, text):
        await send(message)
