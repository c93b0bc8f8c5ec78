"""The hint that a person's counts have changed without an event."""

from uuid import UUID

from celery import shared_task

from apps.live import pushes


@shared_task(name="live.push_badges")
def push_badges(organization_id: str, user_id: str) -> None:
    """Push the badges."""
    pushes.push_badges(UUID(organization_id), UUID(user_id))
