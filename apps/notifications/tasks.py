"""The hint that mail is due."""

from celery import shared_task

from apps.notifications import mail


@shared_task(name="notifications.send_mail")
def send_mail() -> None:
    """Begin to send what is due; the thread goes on after this task has ended."""
    mail.send_due()
