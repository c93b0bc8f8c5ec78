"""What listens during the tour: a socket for each person, and a receiver of webhooks."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE_SECONDS = 20.0
TOLERANCE_SECONDS = 300


class Missing(Exception):
    """Something that was waited for did not come in time."""


class Inbox:
    """Things that arrive on another thread, to be waited for."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.changed = threading.Condition()

    def add(self, item: Any) -> None:
        """Take in one thing and wake whoever waits."""
        with self.changed:
            self.items.append(item)
            self.changed.notify_all()

    def wait(self, wanted: Any, what: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """Return the first thing for which `wanted` is true; raises Missing."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                for item in self.items:
                    if wanted(item):
                        return item
                if not self.changed.wait(max(0.0, end - time.monotonic())):
                    raise Missing(f"{what} did not come within {seconds:.0f} s")


class Socket(Inbox):
    """An open `/ws` of one person, subscribed to everything he may see."""

    def __init__(self, base: str, token: str) -> None:
        super().__init__()
        self.link = connect(base.replace("http", "ws", 1) + "/ws")
        self.link.send(json.dumps({"type": "auth", "token": token}))
        threading.Thread(target=self._listen, daemon=True).start()
        self.wait(lambda frame: frame["type"] == "ready", "the socket's ready frame")
        self.link.send(json.dumps({"type": "subscribe", "id": "1", "topic": "me"}))
        self.wait(lambda frame: frame["type"] == "subscribed", "the subscription")

    def change(self, kind: str, subject: str) -> dict[str, Any]:
        """Wait for the hint about `kind` of the object with the id `subject`."""

        def wanted(frame: dict[str, Any]) -> bool:
            return frame["type"] == "change" and (frame["kind"], frame["id"]) == (kind, subject)

        found: dict[str, Any] = self.wait(wanted, f"the live event {kind}")
        return found

    def sequences(self) -> list[int]:
        """Return the log numbers of the hints in the order of their arrival."""
        with self.changed:
            return [int(f["sequence"]) for f in self.items if f["type"] == "change"]

    def close(self) -> None:
        """Close the socket."""
        self.link.close()

    def _listen(self) -> None:
        try:
            for text in self.link:
                self.add(json.loads(text))
        except ConnectionClosed as closed:
            self.add({"type": "closed", "code": closed.rcvd.code if closed.rcvd else 1006})


class Receiver(Inbox):
    """An HTTP server that takes webhooks and checks each signature."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = ""
        handler = type("Handler", (_Handler,), {"receiver": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def event(self, kind: str) -> dict[str, Any]:
        """Wait for a signed webhook of `kind` and return its event."""
        found: dict[str, Any] = self.wait(lambda event: event["type"] == kind, f"webhook {kind}")
        return found

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        """Answer 204 to a genuine webhook, 401 to any other."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        genuine = is_genuine(self.receiver.secret, dict(self.headers), body)
        self.send_response(204 if genuine else 401)
        self.end_headers()
        if genuine:
            self.receiver.add(json.loads(body))

    def log_message(self, *_parts: object) -> None:
        """Stay silent."""


def is_genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether the body is signed with `secret` and fresh (Standard Webhooks, version 1)."""
    given = {name.lower(): value for name, value in headers.items()}
    stamp = given.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{given.get('webhook-id', '')}.{stamp}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return any(
        hmac.compare_digest(wanted, one) for one in given.get("webhook-signature", "").split(" ")
    )
