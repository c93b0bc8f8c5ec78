"""Deliveries and the journal of calls: kept for a while, then removed."""

from uuid import UUID

from apps.connections.models import Attempt
from apps.core.privacy import Counts, Subject, Times, remove
from apps.core.tenancy import organization_scope
from apps.integrations.models import Delivery


def erase(subject: Subject) -> Counts:
    """Take the person out of what receivers answered: some repeat what they were sent."""
    attempts = Attempt.objects.filter(organization_id=subject.organization_id)
    deliveries = Delivery.objects.filter(organization_id=subject.organization_id)
    return {
        "integrations.attempts": subject.scrub(attempts, "response_head", "error"),
        "integrations.deliveries": subject.scrub(deliveries, "last_error", "discard_reason"),
    }


def expire(organization_id: UUID, times: Times, most: int) -> Counts:
    """Remove finished deliveries and attempts; those of payments belong to the books and stay."""
    limit = times.before("logs")
    with organization_scope(organization_id):
        here = {"organization_id": organization_id, "finished_at__lt": limit}
        return {
            "integrations.deliveries": remove(Delivery.objects.filter(**here), most),
            "integrations.attempts": remove(
                Attempt.objects.filter(operation_id__isnull=True, **here), most
            ),
        }
