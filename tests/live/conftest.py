"""A real server on a local port, a real Redis, and sockets that speak the frames of C15."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import orjson
import pytest
import redis
import uvicorn
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from apps.accounts.models import Membership
from apps.events.services import expand
from apps.live.groups import of_session
from apps.live.pushes import push
from portal.environment import redis_url
from tests.conftest import access_token, needs_server

PATIENCE = 5.0


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of `/ws` of the whole application, served by uvicorn in a thread."""
    needs_server("Redis", _redis_answers())
    from portal.asgi import application

    config = uvicorn.Config(application, port=0, lifespan="on", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"ws://127.0.0.1:{port}/ws"
    server.should_exit = True
    thread.join(timeout=15)
    assert not thread.is_alive()


def _redis_answers() -> bool:
    try:
        return bool(redis.Redis.from_url(redis_url(settings.REDIS_URL, 1)).ping())
    except redis.RedisError:
        return False


def until(is_true: Callable[[], bool]) -> None:
    """Wait for something that another thread does; fail after some seconds."""
    deadline = time.monotonic() + PATIENCE
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.01)


class Socket:
    """A socket of a test: frames in and out as objects."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.session_id = UUID(int=0)

    def sign_in(self, person: Membership) -> None:
        """Sign in and let the consumers read: the sign-in itself is an event, too."""
        ready = self.ask(type="auth", token=access_token(person))
        assert ready["type"] == "ready", ready
        self.session_id = UUID(ready["session_id"])
        expand(person.organization_id)
        self.silence()

    def send(self, **frame: Any) -> None:
        self.connection.send(orjson.dumps(frame).decode())

    def read(self) -> Any:
        return orjson.loads(self.connection.recv(timeout=PATIENCE))

    def ask(self, **frame: Any) -> Any:
        """Send a frame and return the next one."""
        self.send(**frame)
        return self.read()

    def follow(self, topic: str, name: str = "1") -> None:
        assert self.ask(type="subscribe", id=name, topic=topic) == {
            "type": "subscribed", "id": name,
        }  # fmt: skip

    def silence(self) -> list[Any]:
        """Return all frames that come for what has happened until now, of either origin.

        A ping marks the end of the own frames, a message to the session's group that of others'.
        """
        self.send(type="ping")
        frames = self._until({"type": "pong"})
        push([of_session(self.session_id)], "mark", {})
        return frames + self._until({"type": "mark"})

    def _until(self, end: Any) -> list[Any]:
        frames = []
        while (frame := self.read()) != end:
            frames.append(frame)
        return frames

    def close_code(self) -> int:
        """Read to the end and return the code that the server closed with."""
        with pytest.raises(ConnectionClosed) as closed:
            self._read_on()
        received = closed.value.rcvd
        assert received is not None
        return int(received.code)

    def _read_on(self) -> None:
        while True:
            self.connection.recv(timeout=PATIENCE)


@contextmanager
def opened(address: str) -> Iterator[Socket]:
    """A socket that has not signed in."""
    with connect(address, max_size=None) as connection:
        yield Socket(connection)


@contextmanager
def signed_in(address: str, person: Membership, *topics: str) -> Iterator[Socket]:
    """A socket of `person` that follows `topics`."""
    with opened(address) as socket:
        socket.sign_in(person)
        for place, topic in enumerate(topics):
            socket.follow(topic, str(place))
        yield socket
