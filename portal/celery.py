"""The Celery application and, in each worker, the sweep (`integration.md`, section 12).

The sweep is a thread and no broker message: it runs with the broker down.
"""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_ready.connect
def start_sweeping(**_kwargs: Any) -> None:
    """Begin to sweep once the worker takes tasks."""
    from portal.sweeper import start

    start()


@signals.worker_shutting_down.connect
def stop_sweeping(**_kwargs: Any) -> None:
    """Let the running sweep end and begin no other."""
    from portal.sweeper import stop

    stop()
