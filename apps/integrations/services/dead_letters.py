"""Dead letters: look, send again, discard (`integration.md`, section 5.6; S16, S17)."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from apps.accounts.permissions import require
from apps.connections.models import Connection
from apps.core import clock
from apps.core.actors import Actor
from apps.core.errors import NotFound
from apps.core.models import revise
from apps.events.models import Event, Parked
from apps.events.outbox import publish
from apps.integrations.models import DeadLetter, Delivery
from apps.integrations.services.creating import replay_delivery
from apps.organizations.models import Organization


@transaction.atomic
def replay_dead_letter(actor: Actor, letter: DeadLetter) -> None:
    """Send a dead delivery again, or give a parked event to its consumer once more.

    The letter leaves the list, so a repeat finds nothing. What a consumer raises flies, and the
    event stays parked. Raises PermissionDenied, NotFound, EndpointRevoked.
    """
    require(actor, "connections.write")
    if letter.source == DeadLetter.Source.DELIVERY:
        replay_delivery(actor, Delivery.objects.get(id=letter.id))
        return
    parked = _locked_parked(letter)
    consumers = {consumer.name: consumer for consumer in settings.EVENT_CONSUMERS}
    if parked.consumer not in consumers:
        raise NotFound
    handler: Any = import_string(consumers[parked.consumer].handler)
    handler([Event.objects.get(id=parked.event_id)])
    parked.resolved_at = clock.now()
    parked.save(update_fields=["resolved_at"])
    _record(actor, letter, "dead_letter.replayed")


@transaction.atomic
def discard_dead_letter(actor: Actor, letter: DeadLetter, reason: str) -> None:
    """Take a dead letter off the list for good, with the reason; raises PermissionDenied."""
    require(actor, "connections.write")
    if letter.source == DeadLetter.Source.DELIVERY:
        now = clock.now()
        Delivery.objects.filter(id=letter.id, discarded_at__isnull=True).update(
            discarded_at=now, updated_at=now, discard_reason=reason
        )
    else:
        parked = _locked_parked(letter)
        parked.resolved_at = clock.now()
        parked.error = f"{parked.error}\ndiscarded: {reason}"
        parked.save(update_fields=["resolved_at", "error"])
    _record(actor, letter, "dead_letter.discarded")


def _locked_parked(letter: DeadLetter) -> Parked:
    parked = (
        Parked.objects.select_for_update().filter(id=letter.id, resolved_at__isnull=True).first()
    )
    if parked is None:
        raise NotFound
    return parked


def _record(actor: Actor, letter: DeadLetter, action: str) -> None:
    subject: Connection | Organization
    if letter.connection_id is not None:
        subject = Connection.objects.select_for_update().get(id=letter.connection_id)
    else:
        subject = Organization.objects.select_for_update().get(id=letter.organization_id)
    revise(subject)
    publish(
        actor, "audit.recorded", subject, audience="system", id=subject.id, action=action,
        object_type=letter.source, object_id=letter.id,
    )  # fmt: skip
