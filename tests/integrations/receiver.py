"""A real HTTP peer on a local port: it keeps what it gets and answers as it is told."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[["_Handler"], None]


@dataclass(slots=True)
class Receiver:
    """`answers` are used up one by one, the last one again and again."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answers: list[Behaviour] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)
    together: int = 0
    most_together: int = 0

    def ids(self) -> list[str]:
        """Return the `webhook-id` of each request, in order of arrival."""
        return [got.headers["webhook-id"] for got in self.got]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        peer = self.receiver
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with peer.lock:
            peer.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            behaviour = peer.answers.pop(0) if len(peer.answers) > 1 else peer.answers[0]
            peer.together += 1
            peer.most_together = max(peer.most_together, peer.together)
        try:
            behaviour(self)
        finally:
            with peer.lock:
                peer.together -= 1
        self.close_connection = True

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: Any) -> None:
        """A client that hangs up is what these tests are about."""


def status(code: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer with a status; `retry_after="5"` becomes the header Retry-After."""

    def answer(handler: _Handler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hang(handler: _Handler) -> None:
    """Say nothing until the test ends or the client leaves."""
    handler.receiver.stopped.wait(20)


def hang_up(handler: _Handler) -> None:
    """Reset the connection after the request was read."""
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()


def drip(
    handler: _Handler, head: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
) -> None:
    """Send the head at once and the body a byte at a time."""
    handler.wfile.write(head)
    _drip(handler, b"x" * 1000)


def drip_head(handler: _Handler) -> None:
    """Send even the head a byte at a time."""
    _drip(handler, b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000)


def _drip(handler: _Handler, content: bytes) -> None:
    for byte in content:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        if handler.receiver.stopped.wait(0.1):
            return


def flood(handler: _Handler) -> None:
    """Answer with 10 MB."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
    for _ in range(100):
        handler.wfile.write(b"y" * 100_000)


@contextmanager
def receiver(*answers: Behaviour, port: int = 0, tls: Path | None = None) -> Iterator[Receiver]:
    """Run a peer; without `answers` it says 200 to everything."""
    peer = Receiver(answers=list(answers) or [status(200)])
    handler = type("Handler", (_Handler,), {"receiver": peer})
    server = _Server(("127.0.0.1", port), handler)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    peer.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        peer.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


class CountingListener(socketserver.ThreadingTCPServer):
    """A socket inside: it counts who connects, and nobody should."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, family: int, host: str) -> None:
        self.address_family = family
        self.connections = 0
        super().__init__((host, 0), socketserver.BaseRequestHandler)

    def verify_request(self, *_args: Any) -> bool:
        self.connections += 1
        return False
