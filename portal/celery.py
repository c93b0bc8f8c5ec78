"""The Celery application and, in each worker, the sweep (`integration.md`, section 12).

The sweep is a thread and no broker message, and it does not wait for a broker: it begins after
the pool of the worker and before its consumer, which may try to connect for hours.
"""

import os
from typing import Any

from celery import Celery, bootsteps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class Sweep(bootsteps.StartStopStep):
    """Sweeps from the start of a worker to its stop. The pool has forked before that."""

    requires = ("celery.worker.components:Pool",)

    def start(self, parent: Any) -> None:
        """Begin to sweep."""
        from portal.sweeper import start

        start()

    def stop(self, parent: Any) -> None:
        """Let the running sweep end and begin no other."""
        from portal.sweeper import stop

        stop()

    def terminate(self, parent: Any) -> None:
        """Do the same when the worker is asked to hurry."""
        self.stop(parent)


app.steps["worker"].add(Sweep)
