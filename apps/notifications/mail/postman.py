"""One thread a process sends what is due; a hint or the sweep wakes it, and it ends when idle.

The sweep itself never waits for the mail server: other work hangs on it.
"""

from django.conf import settings

from apps.core.tenancy import across_organizations
from apps.core.wakened import WakenedThread
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


def _send() -> None:
    way = mailer()
    if way is not None:
        send_all_due(way)


postman = WakenedThread("mail", _send)
