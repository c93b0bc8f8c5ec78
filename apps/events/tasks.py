"""The hint that an organization's log has grown."""

from uuid import UUID

from celery import shared_task

from apps.events import jobs, services


@shared_task(name="events.expand")
def expand(organization_id: str) -> None:
    """Let the consumers read on."""
    services.expand(UUID(organization_id))


@shared_task(name="events.forget_keys")
def forget_keys() -> None:
    """Remove idempotency keys that nobody may repeat any more."""
    services.forget_keys()


@shared_task(name="events.run_jobs")
def run_jobs() -> None:
    """Begin to work off the jobs that are due; the thread goes on after this task has ended."""
    jobs.wake()
