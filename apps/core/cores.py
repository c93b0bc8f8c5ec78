"""One processor core for each web process.

The interpreter lets one thread run at a time. When its threads lie on several cores, each change
from one to the next wakes another core: half of the processor time of a short request. On one core
a process of many threads answers up to twice as many requests; see docs/operations/scaling.md.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_held: list[Any] = []  # open files: a lock lasts as long as its process
_allowed: set[int] = set()  # the cores that the operator gave this process, once it took one


def take_core(folder: Path) -> int | None:
    """Keep this process, and the threads it starts from now on, on a core no other one took.

    Processes that share `folder` agree by locks on files in it. Returns the core's number; None,
    and nothing changes, where all are taken or the system cannot do it.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    allowed = os.sched_getaffinity(0)
    for core in sorted(allowed):
        file = (folder / str(core)).open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        _held.append(file)
        _allowed.update(allowed)
        os.sched_setaffinity(0, {core})
        return core
    return None


def free_thread() -> None:
    """Let the calling thread run wherever its process might before it took a core.

    For work that does not hold the interpreter. Without a core taken nothing changes: an operator
    may have chosen the cores himself.
    """
    if _allowed:
        os.sched_setaffinity(threading.get_native_id(), _allowed)


@contextmanager
def freed() -> Iterator[None]:
    """Let the calling thread run on any core for a while."""
    if not _allowed:
        yield
        return
    before = os.sched_getaffinity(0)
    free_thread()
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
