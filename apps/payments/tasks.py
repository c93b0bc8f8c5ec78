"""The hint that a payment waits to be submitted."""

from uuid import UUID

from celery import shared_task

from apps.payments import services


@shared_task(name="payments.submit_operation")
def submit_operation(organization_id: str, operation_id: str) -> None:
    """Send the operation to its provider, unless that was done."""
    services.submit_operation(UUID(organization_id), UUID(operation_id))
