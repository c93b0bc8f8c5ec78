"""Makers of endpoints, events and deliveries."""

from typing import Any
from uuid import UUID

from django.db import connection as database

from apps.clients.models import Client
from apps.connections.models import Connection
from apps.core.actors import Actor
from apps.core.models import revise
from apps.core.tenancy import across_organizations, organization_scope
from apps.events.models import Event, Parked
from apps.events.outbox import publish
from apps.events.services import number_events
from apps.integrations.models import Delivery
from apps.integrations.services import create_deliveries, create_endpoint
from apps.organizations.models import Organization
from tests.factories import make_client, numbers

PUBLIC = "https://93.184.215.14"


def make_endpoint(
    organization: Organization,
    url: str = "",
    events: tuple[str, ...] = ("client.*",),
    **fields: Any,
) -> Connection:
    """An active endpoint; the secret is at `endpoint.secret`. `max_in_flight` is a column."""
    url = url or f"{PUBLIC}/hook/{next(numbers)}"
    columns = {name: fields.pop(name) for name in ("max_in_flight",) if name in fields}
    with organization_scope(organization.id):
        endpoint, secret = create_endpoint(
            Actor.system(organization.id), url=url, events=events, **fields
        )
        if columns:
            revise(endpoint, **columns)
    endpoint.secret = secret  # type: ignore[attr-defined]
    return endpoint


def make_event(
    organization: Organization, client: Client | None = None, kind: str = "client.updated"
) -> Event:
    """A numbered event about a client of the organization."""
    client = client or make_client(organization)
    with organization_scope(organization.id):
        locked = Client.objects.select_for_update().get(id=client.id)
        revise(locked)
        event_id = publish(
            Actor.system(organization.id), kind, locked, id=locked.id, name=locked.name,
            changed=["name"],
        )  # fmt: skip
        number_events()
        return Event.objects.get(id=event_id)


def make_deliveries(organization: Organization, *events: Event) -> list[Delivery]:
    """Let the consumer read `events`; return what it wrote for them, in order."""
    with organization_scope(organization.id):
        create_deliveries(events)
        rows = Delivery.objects.filter(event_id__in=[event.id for event in events])
        return list(rows.order_by("event_seq", "id"))


def make_delivery(endpoint: Connection, state: str = "pending", **columns: Any) -> Delivery:
    """One delivery of a new event to `endpoint`, in any state."""
    organization = endpoint.organization
    event = make_event(organization)
    with organization_scope(organization.id):
        create_deliveries([event])
        delivery = Delivery.objects.get(event=event, connection=endpoint)
        if state != "pending":
            columns |= {"state": state}
        if state in {"delivered", "dead", "cancelled"}:
            columns.setdefault("finished_at", delivery.created_at)
        if columns:
            Delivery.objects.filter(id=delivery.id).update(**columns)
            delivery.refresh_from_db()
    return delivery


def make_parked(organization: Organization, consumer: str = "deliver") -> Parked:
    """An event that a consumer gave up."""
    event = make_event(organization)
    with organization_scope(organization.id):
        return Parked.objects.create(
            organization_id=organization.id, consumer=consumer, event=event, error="it broke"
        )


def hurry() -> None:
    """Make everything that waits due now, whatever its schedule or pause says."""
    with across_organizations(), database.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_delivery SET due_at = statement_timestamp() - interval '1 s'"
            " WHERE state IN ('pending', 'retry_wait')"
        )
        cursor.execute("UPDATE connections_connection SET paused_until = NULL")


def end_leases() -> None:
    """Let the leases of all that is in flight end now."""
    with across_organizations(), database.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_delivery SET lease_until = statement_timestamp()"
            " - interval '1 s' WHERE state = 'in_flight'"
        )


def seen(delivery: Delivery) -> Delivery:
    """Return the delivery as it is stored now."""
    with organization_scope(delivery.organization_id):
        return Delivery.objects.select_related("connection").get(id=delivery.id)


def seconds_to_due(delivery: Delivery) -> float:
    """Return how far in the future the next attempt is, by the clock of the database."""
    with across_organizations(), database.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM due_at - statement_timestamp())"
            " FROM integrations_delivery WHERE id = %s",
            [delivery.id],
        )
        return float(cursor.fetchone()[0])


def latest(organization: Organization, kind: str) -> list[Any]:
    """Return the events of `kind`."""
    with organization_scope(organization.id):
        return list(Event.objects.filter(organization_id=organization.id, kind=kind))


def stored(connection: Connection | UUID) -> Connection:
    """Return the connection as it is stored now."""
    pk = connection if isinstance(connection, UUID) else connection.id
    with across_organizations():
        return Connection.objects.get(id=pk)
