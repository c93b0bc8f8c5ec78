"""Turns Ctrl-C and SIGTERM into a question that the launcher asks at safe points.

A handler that raises could strike between the start of a process and the note about it.
"""

import signal
import subprocess
import time
from types import FrameType

SLICE_SECONDS = 0.1

_received: list[int] = []


class Stopped(Exception):
    """Someone asked the launcher to stop."""


def watch() -> None:
    """From now on count the requests to stop instead of dying from them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _count)


def check() -> None:
    """Raise Stopped when a request to stop came in."""
    if _received:
        raise Stopped


def is_impatient() -> bool:
    """Return whether the request came more than once."""
    return len(_received) > 1


def pause(seconds: float) -> None:
    """Sleep. Raises Stopped."""
    end = time.monotonic() + seconds
    check()
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, SLICE_SECONDS))
        check()


def wait_for(process: subprocess.Popen[bytes]) -> int:
    """Return the exit code of a process that shares our terminal, as a shell gives it.

    Ctrl-C reaches it without us. A SIGTERM or a SIGHUP is for us alone, and is handed on once.
    """
    handed_on = False
    while True:
        try:
            code = process.wait(timeout=SLICE_SECONDS)
        except subprocess.TimeoutExpired:
            if not handed_on and {signal.SIGTERM, signal.SIGHUP} & set(_received):
                process.terminate()
                handed_on = True
        else:
            return code if code >= 0 else 128 - code


def _count(number: int, _: FrameType | None) -> None:
    _received.append(number)
