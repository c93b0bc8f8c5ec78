"""`/webhook-endpoints` (C17, P100)."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.connections.models import Connection
from apps.core.actors import Actor
from apps.core.api import actor_of, gone
from apps.core.errors import NotFound
from apps.core.filters import by_choice, by_flag, by_id, by_text
from apps.core.lists import DetailView, ListView
from apps.core.rows import render_row
from apps.integrations import services
from apps.integrations.models import Delivery
from apps.integrations.serializers import (
    CountSerializer,
    DeliverySerializer,
    EndpointInputSerializer,
    EndpointSerializer,
    NewEndpointSerializer,
    NewSecretSerializer,
    RangeSerializer,
    RotationSerializer,
    SentTestSerializer,
)
from apps.integrations.views.area import AreaView

STATES = ("active", "paused", "disabled")
PRIVATE = {"Cache-Control": "no-store"}


def endpoints_of(actor: Actor) -> QuerySet[Connection]:
    """The webhook endpoints that were not removed."""
    rows = Connection.objects.visible_to(actor).filter(kind="webhook")
    return rows.exclude(state=Connection.State.REVOKED)


class EndpointList(AreaView[Connection], ListView[Connection]):
    serializer_class = EndpointSerializer
    filters: ClassVar[Any] = {
        "status": by_choice("state", STATES),
        "ordered": by_flag("ordered"),
        "url": by_text("name"),
    }
    sorts: ClassVar[Any] = {"created_at": "created_at", "url": "name"}
    search = ("name", "settings__description")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Connection]:
        """The organization's endpoints."""
        return endpoints_of(actor)

    @extend_schema(request=EndpointInputSerializer, responses={201: NewEndpointSerializer})
    def post(self, request: Request) -> Response:
        """Make an endpoint; its secret is in this answer and never again."""
        actor = actor_of(request)
        body = self.body(EndpointInputSerializer)
        services.checked_url(body["url"], settings.WEBHOOK_ALLOW)
        endpoint, secret = services.create_endpoint(actor, **body)
        row = render_row(self.visible(actor).filter(pk=endpoint.id), EndpointSerializer)
        if row is None:
            raise NotFound
        place = f"{request.path.rstrip('/')}/{endpoint.id}"
        headers = {"ETag": row.tag, "Location": place, **PRIVATE}
        return Response(orjson.loads(row.text) | {"secret": secret}, 201, headers=headers)


class EndpointDetail(AreaView[Connection], DetailView[Connection]):
    serializer_class = EndpointSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Connection]:
        """The organization's endpoints."""
        return endpoints_of(actor)

    @extend_schema(request=EndpointInputSerializer, responses={200: EndpointSerializer})
    def put(self, request: Request, pk: UUID) -> Response:
        """Replace an endpoint."""
        return self._change(request, pk, self.body(EndpointInputSerializer))

    @extend_schema(
        request=EndpointInputSerializer(partial=True), responses={200: EndpointSerializer}
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change an endpoint; `active` pauses it and lets it go on."""
        return self._change(request, pk, self.body(EndpointInputSerializer, partial=True))

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove an endpoint; what waits for it is cancelled, its history stays."""
        actor = actor_of(request)
        services.remove_endpoint(actor, self.locked(self.visible(actor), pk))
        return gone()

    def _change(self, request: Request, pk: UUID, body: dict[str, Any]) -> Response:
        actor = actor_of(request)
        self.one(self.visible(actor), pk)
        if "url" in body:
            services.checked_url(body["url"], settings.WEBHOOK_ALLOW)
        services.change_endpoint(actor, self.locked(self.visible(actor), pk), **body)
        return self.shown_to(actor, pk)


class EndpointAction(AreaView[Connection]):
    """Base of what one does with an endpoint."""

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Connection]:
        """The organization's endpoints."""
        return endpoints_of(actor)


class EndpointSecrets(EndpointAction):
    @extend_schema(request=RotationSerializer, responses={201: NewSecretSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Rotate the secret; the old one signs too for `overlap_hours`."""
        actor = actor_of(request)
        hours = timedelta(hours=self.body(RotationSerializer)["overlap_hours"])
        endpoint = self.locked(self.visible(actor), pk)
        made, secret = services.rotate_secret(actor, endpoint, hours)
        answer = {
            "secret": secret, "last_four": made.last_four, "valid_from": made.valid_from,
            "old_valid_until": made.valid_from + hours,
        }  # fmt: skip
        return Response(NewSecretSerializer(answer).data, 201, headers=PRIVATE)


class EndpointTests(EndpointAction):
    @extend_schema(request=None, responses={202: SentTestSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Send the event `connection.test` to this endpoint now."""
        actor = actor_of(request)
        event_id = services.send_test(actor, self.locked(self.visible(actor), pk))
        place = f"/api/v1/webhook-endpoints/{pk}/deliveries?event_id={event_id}"
        return Response({"event_id": str(event_id), "status_url": place}, 202)


class EndpointReplays(EndpointAction):
    @extend_schema(request=RangeSerializer, responses={202: CountSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Send a range of events again, at most 10,000."""
        actor = actor_of(request)
        asked = self.body(RangeSerializer)
        endpoint = self.one(self.visible(actor), pk)
        return Response({"count": services.replay_range(actor, endpoint, **asked)}, 202)


class EndpointDeliveries(AreaView[Delivery], ListView[Delivery]):
    serializer_class = DeliverySerializer
    filters: ClassVar[Any] = {
        "status": by_choice("state", Delivery.State.values),
        "kind": by_text("kind"),
        "event_id": by_id("event_id"),
    }
    sorts: ClassVar[Any] = {"created_at": "created_at", "sequence": "event_seq"}
    search = ("kind", "last_error")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Delivery]:
        """The deliveries to one endpoint."""
        rows = Delivery.objects.visible_to(actor)
        return rows.filter(connection_id=parents["pk"], connection__kind="webhook")

    def parent(self, actor: Actor, **parents: UUID) -> QuerySet[Connection]:
        """The endpoint."""
        return endpoints_of(actor).filter(id=parents["pk"])
