"""A small HTTP server in a thread: what the simulators have in common."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

MAX_BODY = 1024 * 1024


class Server:
    """Serves `handler` on a port of this machine; port 0 takes a free one."""

    handler: type[BaseHTTPRequestHandler]

    def __init__(self, port: int = 0) -> None:
        bound = type("Bound", (self.handler,), {"owner": self})
        self.http = ThreadingHTTPServer(("127.0.0.1", port), bound)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def __enter__(self) -> Self:
        """Serve in a thread."""
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop serving; the port is free afterwards."""
        self.http.shutdown()
        self.http.server_close()

    def run(self) -> None:
        """Serve until interrupted."""
        self.http.serve_forever()


class Handler(BaseHTTPRequestHandler):
    """Reads forms and JSON, writes pages and JSON, and logs nothing."""

    owner: ClassVar[Any]

    @property
    def place(self) -> str:
        """The path without its query."""
        return urlsplit(self.path).path

    @property
    def query(self) -> dict[str, str]:
        """The query of the address."""
        return dict(parse_qsl(urlsplit(self.path).query))

    def body(self) -> bytes:
        """Return what was sent."""
        return self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MAX_BODY))

    def form(self) -> dict[str, str]:
        """Return the form that was sent."""
        return dict(parse_qsl(self.body().decode()))

    def answer(self, status: int, content: bytes, kind: str, **headers: str) -> None:
        """Send an answer; underscores in header names become hyphens."""
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            **headers,
        }.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def json(self, status: int, value: Any) -> None:
        """Send JSON."""
        self.answer(status, json.dumps(value).encode(), "application/json")

    def page(self, status: int, text: str) -> None:
        """Send a page."""
        self.answer(status, f"<!doctype html><meta charset=utf-8>{text}".encode(), "text/html")

    def redirect(self, place: str) -> None:
        """Send the browser on."""
        self.answer(302, b"", "text/plain", Location=place)

    def do_GET(self) -> None:
        """Serve a GET."""
        self.get()

    def do_POST(self) -> None:
        """Serve a POST."""
        self.post()

    def get(self) -> None:
        """Answer a GET; there is nothing unless a simulator says so."""
        self.json(404, {})

    def post(self) -> None:
        """Answer a POST; there is nothing unless a simulator says so."""
        self.json(404, {})

    def log_message(self, *_args: object) -> None:
        """Keep quiet: tests read their own output."""
