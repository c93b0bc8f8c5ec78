"""Mail: written by a consumer of the event log, sent by a thread of the workers (R3, R100)."""

from apps.notifications.mail.postman import mailer, send_due, sweep
from apps.notifications.mail.sending import send_all_due
from apps.notifications.mail.writing import write_mails

__all__ = ["mailer", "send_all_due", "send_due", "sweep", "write_mails"]
