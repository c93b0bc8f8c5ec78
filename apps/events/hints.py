"""Hints to the workers: coalesced, sent by a thread, never waited for.

A hint says "look at this organization". Losing one costs a second, since the sweep finds the
work anyway; so a full or absent broker costs a warning and a count, never a request.
"""

import os
import threading
import time
from collections import OrderedDict

from celery import current_app
from django.conf import settings

from apps.core.logs import log
from apps.core.metrics import hints_dropped

PAUSE_SECONDS = 0.02
MAX_WAITING = 10_000
AWAY_SECONDS = 1.0


class _Sender:
    """One thread a process, started with the first hint (so never before a fork)."""

    def __init__(self) -> None:
        self.waiting: OrderedDict[tuple[str, tuple[str, ...]], None] = OrderedDict()
        self.lock = threading.Lock()
        self.wake = threading.Event()
        self.thread: threading.Thread | None = None

    def add(self, task: str, arguments: tuple[str, ...]) -> None:
        with self.lock:
            if len(self.waiting) >= MAX_WAITING:
                hints_dropped.labels(task).inc()
                return
            self.waiting[(task, arguments)] = None
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._run, name="hints", daemon=True)
                self.thread.start()
        self.wake.set()

    def _run(self) -> None:
        while True:
            self.wake.wait()
            time.sleep(PAUSE_SECONDS)  # what comes meanwhile is one hint
            self.wake.clear()
            with self.lock:
                batch, self.waiting = self.waiting, OrderedDict()
            for task, arguments in batch:
                _send(task, arguments)


def _send(task: str, arguments: tuple[str, ...]) -> None:
    try:
        current_app.send_task(task, arguments, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001  any broker library raises its own kinds
        hints_dropped.labels(task).inc()
        log.warning("hint dropped", extra={"task": task, "error": type(error).__name__})
        time.sleep(AWAY_SECONDS)


_sender = _Sender()
if hasattr(os, "register_at_fork"):  # a child must not inherit a lock that a thread holds
    os.register_at_fork(after_in_child=_sender.__init__)  # type: ignore[misc]


def hint(task: str, *arguments: str) -> None:
    """Ask a worker to run `task` soon; equal hints of the same moment become one."""
    if settings.HINTS_SENT:
        _sender.add(task, arguments)
