"""A thread that looks for due work every second, in case no hint told of it."""

import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string

from apps.core.logs import log
from apps.events.services import ensure_cursors

INTERVAL_SECONDS = 1.0
_stopped = threading.Event()


def start() -> threading.Thread:
    """Start the thread and return it."""
    _stopped.clear()
    thread = threading.Thread(target=_run, name="sweep", daemon=True)
    thread.start()
    return thread


def stop() -> None:
    """Ask the thread to end after the sweep it is in."""
    _stopped.set()


def _run() -> None:
    steps: list[Callable[[], object]] = [import_string(path) for path in settings.SWEEPS]
    _attempt(ensure_cursors)
    while not _stopped.is_set():
        began = time.monotonic()
        for step in steps:
            _attempt(step)
        _stopped.wait(max(0.05, INTERVAL_SECONDS - (time.monotonic() - began)))


def _attempt(step: Callable[[], object]) -> None:
    try:
        close_old_connections()
        step()
    except Exception:  # noqa: BLE001  the top of a worker loop
        log.exception("sweep failed", extra={"step": getattr(step, "__name__", "")})
