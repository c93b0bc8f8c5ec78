"""A thread that works off what is due: a hint or the sweep wakes it, and it ends when idle.

The sweep itself never does long work: other work hangs on it. A process has at most one thread of
each name.
"""

import os
import threading
from collections.abc import Callable

from django.db import close_old_connections
from django.db import connection as database

from apps.core import context
from apps.core.logs import log


class WakenedThread:
    """One thread of this process. `work` does all that is due and returns."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self.name, self.work = name, work
        self.reset()
        os.register_at_fork(after_in_child=self.reset)

    def reset(self) -> None:
        """Begin empty: a forked child has not its parent's thread and must not have its lock."""
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.again = False

    def wake(self) -> None:
        """Start the thread, or let the one that runs look once more."""
        with self.lock:
            self.again = True
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name=self.name, daemon=True)
                self.thread.start()

    def _run(self) -> None:
        context.enter(context.RequestContext())
        while self._is_asked():
            try:
                close_old_connections()
                self.work()
            except Exception:  # noqa: BLE001  the top of a worker loop: the lease brings it back
                log.exception("%s failed", self.name)
        database.close()

    def _is_asked(self) -> bool:
        with self.lock:
            asked, self.again = self.again, False
            if not asked:
                self.thread = None
            return asked
