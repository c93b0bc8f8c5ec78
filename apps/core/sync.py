"""How code on an event loop calls blocking services: in a few threads of its own (X12).

Each thread keeps its database connection. The pool is small: sockets ask seldom, and what waits
for a free thread holds up its own socket only.
"""

import threading
from asyncio import get_running_loop
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

P = ParamSpec("P")
Result = TypeVar("Result")
THREADS = 4


class _Pool:
    """Threads that are started with the first call, so never before a fork."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.threads: ThreadPoolExecutor | None = None

    def get(self) -> ThreadPoolExecutor:
        with self.lock:
            if self.threads is None:
                self.threads = ThreadPoolExecutor(THREADS, "blocking")
            return self.threads

    def stop(self) -> None:
        with self.lock:
            threads, self.threads = self.threads, None
        if threads is None:
            return
        meeting = threading.Barrier(THREADS)  # each thread comes once, and closes its own
        for _ in range(THREADS):
            threads.submit(_close_connections, meeting)
        threads.shutdown()


_pool = _Pool()


async def in_thread(function: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """Return `function(*args)`, run in a thread; its exceptions are raised here."""
    work = partial(copy_context().run, _called, partial(function, *args, **kwargs))
    return await get_running_loop().run_in_executor(_pool.get(), work)


def stop() -> None:
    """Wait for running calls and close the threads' connections; the next call starts anew."""
    _pool.stop()


def _called(function: Callable[[], Result]) -> Result:
    close_old_connections()
    try:
        return function()
    finally:
        close_old_connections()  # a connection that met an error is not kept


def _close_connections(meeting: threading.Barrier) -> None:
    meeting.wait(timeout=30)
    connections.close_all()
