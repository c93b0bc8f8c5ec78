"""Password hashing on one low-priority thread, so that a login storm starves nobody.

The queue is bounded below the number of request threads; beyond it the answer is 503
(performance.md, point 11).
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from django.contrib.auth.hashers import check_password, make_password

from apps.core.cores import free_thread
from apps.core.errors import Unavailable

T = TypeVar("T")
LOW_PRIORITY = 10
_waiting = threading.BoundedSemaphore(36)


def hashed(password: str) -> str:
    """Return the stored form of a password."""
    return _in_pool(lambda: make_password(password))


def fits(password: str, encoded: str | None) -> tuple[bool, str]:
    """Return whether the password fits, and a new stored form when the old one is outdated.

    Without `encoded` (an unknown person) the same work is done and the answer is no.
    """
    return _in_pool(lambda: _check(password, encoded or _nobody()))


def _check(password: str, encoded: str) -> tuple[bool, str]:
    upgraded: list[str] = []
    fit = check_password(password, encoded, setter=lambda raw: upgraded.append(make_password(raw)))
    return fit, upgraded[0] if upgraded else ""


@cache
def _nobody() -> str:
    return make_password(os.urandom(16).hex())


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "passwords", initializer=_step_back)


def _step_back() -> None:
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOW_PRIORITY)
    free_thread()


def _in_pool(work: Callable[[], T]) -> T:
    if not _waiting.acquire(blocking=False):
        raise Unavailable
    try:
        return _pool().submit(work).result(timeout=60)
    finally:
        _waiting.release()
