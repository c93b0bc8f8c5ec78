"""One thread a process sends what is due; a hint or the sweep wakes it, and it ends when idle.

The sweep itself never waits for the mail server: other work hangs on it.
"""

import os
import threading

from django.conf import settings
from django.db import close_old_connections
from django.db import connection as database

from apps.core import context
from apps.core.logs import log
from apps.core.tenancy import across_organizations
from apps.notifications.mail import sender
from apps.notifications.mail.sending import due, give_up_abandoned, keep_pending, send_all_due
from apps.notifications.providers import Mailer, SmtpMailer, server_of


def mailer() -> Mailer | None:
    """Return the way to the mail server of the settings, or None where there is none."""
    if not settings.SMTP_URL:
        return None
    return SmtpMailer(server_of(settings.SMTP_URL), own_name=sender.domain())


def sweep() -> int:
    """End what dead workers held, and begin to send what is due; return what was ended.

    Runs every second in each worker process, broker or not.
    """
    ended = give_up_abandoned()
    if not settings.SMTP_URL:
        return ended + keep_pending()
    with across_organizations(durable=True):
        waiting = due().exists()
    if waiting:
        postman.wake()
    return ended


def send_due() -> None:
    """Begin to send what is due, in this process's thread."""
    postman.wake()


class Postman:
    """The sending thread of this process."""

    def __init__(self) -> None:
        self.reset()

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
                self.thread = threading.Thread(target=self._run, name="mail", daemon=True)
                self.thread.start()

    def _run(self) -> None:
        context.enter(context.RequestContext())
        while self._is_asked():
            try:
                close_old_connections()
                _send()
            except Exception:  # noqa: BLE001  the top of a worker loop: the lease brings it back
                log.exception("mail failed")
        database.close()

    def _is_asked(self) -> bool:
        with self.lock:
            asked, self.again = self.again, False
            if not asked:
                self.thread = None
            return asked


def _send() -> None:
    way = mailer()
    if way is not None:
        send_all_due(way)


postman = Postman()
os.register_at_fork(after_in_child=postman.reset)
