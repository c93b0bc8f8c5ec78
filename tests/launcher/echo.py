"""A small WSGI application behind the bridge, for a real server in `test_bridge.py`."""

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any
from wsgiref.types import StartResponse

from portal.bridge import WSGIBridge

CLOSED: list[str] = []  # streams that were closed before their end


class Stream:
    """A streaming answer that notes when it is closed early."""

    streaming = True

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.chunks = chunks
        self.is_complete = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self.chunks
        self.is_complete = True

    def close(self) -> None:
        """Note an early end."""
        if not self.is_complete:
            CLOSED.append("early")


def echo(environ: dict[str, Any], start_response: StartResponse) -> list[bytes] | Stream:
    """Answer by path: a stream, nothing, a failure, or JSON."""
    path = environ["PATH_INFO"]
    if path == "/download":
        start_response("200 OK", [("Content-Length", str(50 * 2**20))])
        return Stream(b"x" * 65536 for _ in range(800))
    if path == "/endless":
        start_response("200 OK", [])
        return Stream(_ticks())
    if path == "/nothing":
        start_response("204 No Content", [])
        return []
    if path == "/boom":
        raise ValueError("a secret detail")
    return _json(start_response, _value(path, environ))


def _value(path: str, environ: dict[str, Any]) -> dict[str, Any]:
    body = environ["wsgi.input"]
    if path == "/digest":
        return _digest(body)
    if path == "/lines":
        return {"lines": [line.decode() for line in body]}
    if path == "/closed":
        return {"closed": len(CLOSED)}
    plain = {key: value for key, value in environ.items() if isinstance(value, str)}
    size = int(environ.get("CONTENT_LENGTH") or 0)
    return {"environ": plain, "body": body.read(size).decode()}


def _digest(body: Any) -> dict[str, Any]:
    digest, size, largest = hashlib.sha256(), 0, 0
    while chunk := body.read(65536):
        digest.update(chunk)
        size += len(chunk)
        largest = max(largest, len(chunk))
    return {"sha256": digest.hexdigest(), "size": size, "largest": largest}


def _ticks() -> Iterator[bytes]:
    while True:
        time.sleep(0.02)  # a stream that lasts longer than its reader
        yield b"tick\n"


def _json(start_response: StartResponse, value: Any) -> list[bytes]:
    start_response(
        "200 OK",
        [("Content-Type", "application/json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
    )
    return [json.dumps(value).encode()]


application = WSGIBridge(echo, threads=4)
