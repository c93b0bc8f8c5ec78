"""Bad frames, slow peers and a lost Redis harm nobody else (R115, P82)."""

import asyncio
import json
import random
from contextlib import suppress
from typing import Any

import orjson
import pytest
from channels.layers import get_channel_layer
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import Membership
from apps.live.consumers import LiveSocket
from apps.live.frames import SHAPES, Refusal, read_frame
from apps.live.sockets import MAX_WAITING
from tests.conftest import access_token
from tests.live.conftest import Socket, opened, signed_in
from tests.live.test_changes import touch

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FRAMES = st.dictionaries(
    st.sampled_from(["type", "id", "topic", "token", "after", "active"]),
    JSON | st.sampled_from([*SHAPES, "me"]),
)


@given(text=st.text() | JSON.map(json.dumps))
def test_p82_any_text_is_a_frame_or_a_refusal(text: str) -> None:
    frame: Any = {"type": "error"}
    with suppress(Refusal):
        frame = read_frame(text)
    assert frame["type"] in {*SHAPES, "error"}


@given(frame=FRAMES)
def test_a_frame_that_is_read_has_what_its_type_needs(frame: Any) -> None:
    read = {"type": "ping"}
    with suppress(Refusal):
        read = read_frame(json.dumps(frame))
    assert all(isinstance(read[name], kind) for name, kind in SHAPES[read["type"]].items())


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({}, "VALIDATION_ERROR"),
        ({"type": "dance"}, "VALIDATION_ERROR"),
        ({"type": ["ping"]}, "VALIDATION_ERROR"),
        ({"type": "subscribe", "id": "1"}, "VALIDATION_ERROR"),
        ({"type": "subscribe", "id": "", "topic": "me"}, "VALIDATION_ERROR"),
        ({"type": "subscribe", "id": "x" * 65, "topic": "me"}, "VALIDATION_ERROR"),
        ({"type": "subscribe", "id": "1", "topic": "bananas"}, "VALIDATION_ERROR"),
        ({"type": "subscribe", "id": "1", "topic": "projects/1"}, "VALIDATION_ERROR"),
        ({"type": "unsubscribe", "id": "unknown"}, "NOT_FOUND"),
        ({"type": "presence", "status": "busy"}, "VALIDATION_ERROR"),
        ({"type": "typing", "conversation_id": "1", "active": "yes"}, "VALIDATION_ERROR"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_a_wrong_frame_gets_an_error_frame(
    frame: dict[str, Any], code: str, address: str, alice: Membership
) -> None:
    with signed_in(address, alice) as socket:
        answer = socket.ask(**frame)
        assert (answer["type"], answer["code"]) == ("error", code)
        assert socket.silence() == []


@pytest.mark.django_db(transaction=True)
def test_at_most_100_topics(
    address: str, alice: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.live.consumers.MAX_TOPICS", 2)
    with signed_in(address, alice, "me", "me") as socket:
        assert socket.ask(type="subscribe", id="9", topic="me")["code"] == "BUSINESS_RULE"
        socket.follow("me", "1")


@pytest.mark.django_db(transaction=True)
def test_r115_garbage_leaves_the_server_healthy(
    address: str, alice: Membership, client_a: Any
) -> None:
    chance = random.Random(7)
    with signed_in(address, alice, "me") as healthy:
        for _ in range(8):
            with opened(address) as socket:
                if chance.random() < 0.5:
                    socket.ask(type="auth", token=access_token(alice))
                _send_garbage(socket, chance, 25)
        touch(client_a)
        assert "client.updated" in [frame.get("kind") for frame in healthy.silence()]


def _send_garbage(socket: Socket, chance: random.Random, frames: int) -> None:
    for _ in range(frames):
        noise = chance.randbytes(chance.randrange(0, 200))
        if chance.random() < 0.5:
            socket.connection.send(noise)
        else:
            words: list[Any] = [*SHAPES, "me", "id", "type", None, 1, [], {"a": noise.hex()}]
            socket.connection.send(
                orjson.dumps({"type": chance.choice(words), "id": chance.choice(words)}).decode()
            )
    for _ in range(frames):  # each gets its answer, and the socket lives
        assert socket.read()["type"] in {"error", "pong"}


@pytest.mark.django_db(transaction=True)
def test_4008_for_a_peer_that_does_not_read(address: str, alice: Membership) -> None:
    token = access_token(alice)
    assert asyncio.run(_slow_peer(token)) == 4008


async def _slow_peer(token: str) -> int:
    """Run a socket whose peer takes one frame and no other; return the code of its close."""
    incoming: asyncio.Queue[Any] = asyncio.Queue()
    ready, closed = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        if message["type"] == "websocket.close":
            closed.set_result(message["code"])
        elif message["type"] == "websocket.send" and ready.is_set():
            await asyncio.Event().wait()  # the peer's window is full
        elif message["type"] == "websocket.send":
            ready.set()

    scope: Any = {"type": "websocket", "path": "/ws", "headers": []}
    application: Any = LiveSocket.as_asgi()
    task: asyncio.Task[None] = asyncio.create_task(application(scope, incoming.get, send))
    await incoming.put({"type": "websocket.connect"})
    await incoming.put(
        {
            "type": "websocket.receive",
            "text": orjson.dumps({"type": "auth", "token": token}).decode(),
        }
    )
    await asyncio.wait_for(ready.wait(), 5)
    layer: Any = get_channel_layer()
    from apps.live.lookups import sign_in

    actor = await asyncio.get_running_loop().run_in_executor(None, _in_thread, sign_in, token)
    for _ in range(MAX_WAITING + 3):
        group = f"session.{actor.session_id}"
        await layer.group_send(group, {"type": "live.frame", "frame": {"type": "badge"}})
    code = await asyncio.wait_for(closed, 10)
    await incoming.put({"type": "websocket.disconnect", "code": code})
    await asyncio.wait_for(task, 5)
    return int(code)


def _in_thread(function: Any, *args: Any) -> Any:
    from django.db import connection

    try:
        return function(*args)
    finally:
        connection.close()
