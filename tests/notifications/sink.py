"""A mail server on a local port that keeps what it gets and refuses what a test tells it to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.running import free_port


class Sink:
    """The messages it took, in order, and its answers to addresses (`250 OK` unless set)."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answers: dict[str, list[str]] = {}
        self.after_data = "250 OK"
        self.encrypted: list[bool] = []
        self.lock = threading.Lock()
        self.port = free_port()

    async def handle_RCPT(  # noqa: N802  the names are the server's
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        answers = self.answers.get(address, [])
        answer = answers.pop(0) if answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        with self.lock:
            message: Any = message_from_bytes(envelope.content, policy=policy.default)
            self.messages.append(message)
            self.encrypted.append(session.ssl is not None)
        if self.after_data == "drop":
            server.transport.abort()
        return self.after_data

    @property
    def url(self) -> str:
        """The address as the setting wants it."""
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def mail_server(**options: Any) -> Iterator[Sink]:
    """Run a sink for the block."""
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port, **options)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


@contextmanager
def slow_server() -> Iterator[int]:
    """A server that greets one byte at a time and never ends; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        peer, _address = listener.accept()
        with peer:
            while not over.wait(0.05):
                try:
                    peer.sendall(b"2")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        thread.join()
        listener.close()
