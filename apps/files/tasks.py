"""Background entry points of files."""

from celery import shared_task

from apps.files import services


@shared_task(name="files.sweep")
def sweep() -> None:
    """Clear what uploads that died have left behind."""
    services.sweep()
