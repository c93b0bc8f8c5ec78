"""The hint that deliveries are due."""

from celery import shared_task

from apps.integrations import services


@shared_task(name="integrations.deliver")
def deliver() -> None:
    """Begin to send what is due; the sender threads go on after this task has ended."""
    services.deliver_due()
