"""The outgoing half of a socket: a bounded queue and one writer, so that nobody waits for anybody.

A peer that does not read fills its own queue and is dropped with 4008; it connects again and
resumes from the log. Frames leave in the order in which they were shown.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from apps.live.frames import Close

MAX_WAITING = 256
CLOSE_SECONDS = 5.0
Write = Callable[[str], Awaitable[None]]
Shut = Callable[[int], Awaitable[None]]
Stop = Callable[[], Awaitable[None]]


class Outbox:
    """Frames that wait to be written. `write` sends a text, `shut` closes with a code.

    `stop` ends the consumer of a peer that does not even take the close frame.
    """

    def __init__(self, write: Write, shut: Shut, stop: Stop) -> None:
        self._write, self._shut, self._stop = write, shut, stop
        self._waiting: asyncio.Queue[str | int] = asyncio.Queue(MAX_WAITING)
        self._writer = asyncio.create_task(self._run())
        self.ended = False

    def show(self, frame: dict[str, Any]) -> None:
        """Put a frame in the queue; a full one ends the socket as too slow."""
        if self.ended:
            return
        try:
            self._waiting.put_nowait(orjson.dumps(frame).decode())
        except asyncio.QueueFull:
            self._cut(Close.TOO_SLOW)

    async def show_patiently(self, frame: dict[str, Any]) -> None:
        """Put a frame of a long answer in the queue and wait while it is full."""
        if self.ended:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._waiting.put(orjson.dumps(frame).decode())
        except TimeoutError:
            self._cut(Close.TOO_SLOW)

    def end(self, code: Close) -> None:
        """Close after the frames that wait; the first reason counts."""
        if self.ended:
            return
        try:
            self._waiting.put_nowait(int(code))
            self.ended = True
        except asyncio.QueueFull:
            self._cut(code)

    def discard(self) -> None:
        """Stop writing: the peer is gone."""
        self.ended = True
        self._writer.cancel()

    def _cut(self, code: Close) -> None:
        self.ended = True
        self._writer.cancel()
        self._writer = asyncio.create_task(self._close(code))

    async def _run(self) -> None:
        while True:
            waiting = await self._waiting.get()
            if isinstance(waiting, int):
                await self._close(waiting)
                return
            try:
                await self._write(waiting)
            except OSError:  # the peer has left; the consumer hears of it by itself
                return

    async def _close(self, code: int) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._shut(code)
        except (TimeoutError, OSError):
            await self._stop()


class Meter:
    """Counts frames: at most `limit` within each second."""

    def __init__(self, limit: int) -> None:
        self.limit, self.second, self.count = limit, 0, 0

    def is_exceeded(self) -> bool:
        """Count one frame and say whether it is one too many."""
        second = int(asyncio.get_running_loop().time())
        if second != self.second:
            self.second, self.count = second, 0
        self.count += 1
        return self.count > self.limit
