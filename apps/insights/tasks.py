"""Background entry points of insights."""

from celery import shared_task

from apps.insights import services


@shared_task(name="insights.retire")
def retire() -> None:
    """Begin today's retention run of each organization that has none yet."""
    services.retire_all()
