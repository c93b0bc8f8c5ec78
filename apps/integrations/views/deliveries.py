"""`/deliveries` and `/dead-letters` (C17; `integration.md`, section 5.6)."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actors import Actor
from apps.core.api import actor_of, gone
from apps.core.filters import by_choice, by_id, by_text, by_time
from apps.core.lists import DetailView, ListView
from apps.integrations import services
from apps.integrations.models import DeadLetter, Delivery
from apps.integrations.serializers import (
    DeadLetterSerializer,
    DeliverySerializer,
    DiscardSerializer,
)
from apps.integrations.views.area import AreaView


class DeliveryList(AreaView[Delivery], ListView[Delivery]):
    serializer_class = DeliverySerializer
    filters: ClassVar[Any] = {
        "status": by_choice("state", Delivery.State.values),
        "connection_id": by_id("connection_id"),
        "event_id": by_id("event_id"),
        "kind": by_text("kind"),
        "created_after": by_time("created_at__gt"),
        "created_before": by_time("created_at__lt"),
    }
    sorts: ClassVar[Any] = {
        "created_at": "created_at", "due_at": "due_at", "sequence": "event_seq",
    }  # fmt: skip
    search = ("kind", "last_error")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Delivery]:
        """The organization's deliveries."""
        return Delivery.objects.visible_to(actor)


class DeliveryDetail(AreaView[Delivery], DetailView[Delivery]):
    serializer_class = DeliverySerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Delivery]:
        """The organization's deliveries."""
        return Delivery.objects.visible_to(actor)


class DeliveryAction(AreaView[Delivery]):
    """Base of what one does with a delivery."""

    serializer_class = DeliverySerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Delivery]:
        """The organization's deliveries."""
        return Delivery.objects.visible_to(actor)


class DeliveryReplays(DeliveryAction):
    @extend_schema(request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Send again: a new delivery of the same event."""
        actor = actor_of(request)
        made = services.replay_delivery(actor, self.one(self.visible(actor), pk))
        return self.shown_to(actor, made.id, status=202)


class DeliveryCancellations(DeliveryAction):
    @extend_schema(request=None, responses={200: DeliverySerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Give up a waiting delivery."""
        actor = actor_of(request)
        services.cancel_delivery(actor, self.one(self.visible(actor), pk))
        return self.shown_to(actor, pk)


class DeadLetterList(AreaView[DeadLetter], ListView[DeadLetter]):
    serializer_class = DeadLetterSerializer
    filters: ClassVar[Any] = {
        "source": by_choice("source", DeadLetter.Source.values),
        "kind": by_text("kind"),
        "connection_id": by_id("connection_id"),
        "created_after": by_time("created_at__gt"),
        "created_before": by_time("created_at__lt"),
    }
    search = ("kind", "error")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[DeadLetter]:
        """What failed for good in the organization."""
        return DeadLetter.objects.visible_to(actor)


class DeadLetterDetail(AreaView[DeadLetter], DetailView[DeadLetter]):
    serializer_class = DeadLetterSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[DeadLetter]:
        """What failed for good in the organization."""
        return DeadLetter.objects.visible_to(actor)

    @extend_schema(request=DiscardSerializer, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Discard with a reason."""
        actor = actor_of(request)
        letter = self.one(self.visible(actor), pk)
        services.discard_dead_letter(actor, letter, **self.body(DiscardSerializer))
        return gone()


class DeadLetterReplays(AreaView[DeadLetter]):
    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[DeadLetter]:
        """What failed for good in the organization."""
        return DeadLetter.objects.visible_to(actor)

    @extend_schema(request=None, responses={202: None})
    def post(self, request: Request, pk: UUID) -> Response:
        """Send a dead delivery again, or let the consumer read a parked event again."""
        actor = actor_of(request)
        services.replay_dead_letter(actor, self.one(self.visible(actor), pk))
        return Response(None, 202)
