"""Asks the provider about what is unknown or unfinished, at the times of `integration.md`, 9.3.

A look-up never guesses. What the provider never heard of is sent again with the same key and
bytes while a repeat is safe; after that a person decides (MANUAL).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from apps.core import clock, failpoints
from apps.core.logs import log
from apps.core.tenancy import across_organizations, organization_scope
from apps.payments.models import Operation, Payment
from apps.payments.providers import NotSent, Result, Unsure
from apps.payments.services.operations import (
    Order,
    claim,
    mark_unknown,
    order_of,
    send,
    submit_operation,
    workable,
)
from apps.payments.services.settlement import settle

WAITS_UNKNOWN = (
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    *[timedelta(days=1)] * 7,
)  # after the first look at 30 s
WAITS_OPEN = (timedelta(seconds=30), timedelta(seconds=30))  # after the first look at 30 s
WAIT_OPEN = timedelta(hours=1)
ACTION_EXPIRES = timedelta(hours=24)
LIMIT = 500


def sweep() -> int:
    """Do what is due in any organization; return how many operations were found.

    Operations that no hint told of are sent, calls whose lease has ended become unknown, and
    what is unknown or unfinished is asked about.
    """
    recorded, expired, waiting = _due()
    for organization_id, operation_id, _epoch in recorded:
        _attempt(submit_operation, organization_id, operation_id)
    for organization_id, operation_id, epoch in expired:
        _attempt(mark_unknown, organization_id, operation_id, epoch, "the lease ended")
    for organization_id, operation_id, _epoch in waiting:
        _attempt(look_up, organization_id, operation_id)
    return len(recorded) + len(expired) + len(waiting)


def look_up(organization_id: UUID, operation_id: UUID) -> None:
    """Ask the provider about one operation that is due, and act on the answer."""
    found = _claim_look(organization_id, operation_id)
    if found is None:
        return
    order, state, is_last = found
    try:
        result = _ask(order, organization_id, operation_id, state)
    except (NotSent, Unsure) as fault:
        log.warning("payment look-up failed", extra={"operation_id": operation_id, "fault": fault})
        if is_last:
            _hand_over(organization_id, operation_id)
        return
    failpoints.hit("janitor.after_lookup")
    if result is not None:
        settle(organization_id, operation_id, result)
    elif state == Operation.State.UNKNOWN:
        _repeat_or_hand_over(organization_id, operation_id, order)


def _attempt(step: Callable[..., object], organization_id: UUID, *rest: Any) -> None:
    try:
        step(organization_id, *rest)
    except Exception:  # noqa: BLE001  a worker loop: one bad row must not stop the others
        log.exception("payment step failed", extra={"operation_id": rest[0]})


def _due() -> tuple[list[tuple[UUID, UUID, int]], ...]:
    """Return (organization, operation, epoch) of what to send, of ended leases, of look-ups."""
    states = Operation.State
    due = Q(due_at__lte=clock.now())
    kinds = (
        Q(state=states.RECORDED) & due,
        Q(state=states.SENT, lease_until__lt=Now()),
        due & (Q(state=states.UNKNOWN) | Q(state=states.SENT, lease_until__isnull=True)),
    )
    with across_organizations(durable=True):
        return tuple(
            list(
                Operation.objects.filter(kind)
                .order_by("due_at")
                .values_list("organization_id", "id", "lease_epoch")[:LIMIT]
            )
            for kind in kinds
        )


def _claim_look(organization_id: UUID, operation_id: UUID) -> tuple[Order, str, bool] | None:
    """Move the next look ahead and commit, so that of two workers one asks, and a crash waits."""
    with organization_scope(organization_id, durable=True):
        waiting = workable(operation_id).filter(
            Q(state=Operation.State.UNKNOWN)
            | Q(state=Operation.State.SENT, lease_until__isnull=True),
            due_at__lte=clock.now(),
        )
        operation = waiting.select_related("payment").first()
        if operation is None:
            return None
        unknown = operation.state == Operation.State.UNKNOWN
        waits = WAITS_UNKNOWN if unknown else WAITS_OPEN
        is_last = unknown and operation.lookups >= len(waits)
        wait = waits[operation.lookups] if operation.lookups < len(waits) else WAIT_OPEN
        operation.lookups += 1
        operation.due_at = clock.now() + wait
        operation.save(update_fields=["lookups", "due_at"])
    return order_of(operation), operation.state, is_last


def _ask(order: Order, organization_id: UUID, operation_id: UUID, state: str) -> Result | None:
    """Return the provider's word; a step that the payer left undone for a day is cancelled."""
    if state == Operation.State.SENT and _is_abandoned(organization_id, operation_id):
        return order.provider.cancel(order.context(), order.operation)
    return order.provider.fetch(order.context(), order.operation)


def _is_abandoned(organization_id: UUID, operation_id: UUID) -> bool:
    with organization_scope(organization_id, durable=True):
        return Operation.objects.filter(
            id=operation_id,
            payment__state=Payment.State.REQUIRES_ACTION,
            first_sent_at__lte=clock.now() - ACTION_EXPIRES,
        ).exists()


def _repeat_or_hand_over(organization_id: UUID, operation_id: UUID, order: Order) -> None:
    """Send again within the provider's window, never after it (acceptance 20)."""
    window = order.provider.capabilities().repeat_window
    with organization_scope(organization_id, durable=True):
        rows = Operation.objects.filter(id=operation_id)
        is_safe = rows.filter(first_sent_at__gt=clock.now() - window).exists()
    if not is_safe:
        _hand_over(organization_id, operation_id)
        return
    failpoints.hit("janitor.before_repeat")
    again = claim(organization_id, operation_id, Operation.State.UNKNOWN)
    if again is not None:
        send(again)


def _hand_over(organization_id: UUID, operation_id: UUID) -> None:
    """Leave the operation to people: nothing is sent or guessed any more."""
    with organization_scope(organization_id, durable=True):
        unknown = Operation.objects.filter(id=operation_id, state=Operation.State.UNKNOWN)
        if unknown.update(state=Operation.State.MANUAL):
            log.error("payment needs a person", extra={"operation_id": operation_id})
