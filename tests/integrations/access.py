"""Who may use webhook endpoints, deliveries and dead letters (C18)."""

from typing import Any

from apps.connections.models import Connection
from tests.access import Statuses, Table, World
from tests.integrations.factories import make_delivery, make_endpoint

READ: Statuses = (401, 200, 200, 403, 403, 403, 404)
LIST: Statuses = (401, 200, 200, 403, 403, 403, 200)


def _write(status: int) -> Statuses:
    return (401, status, 403, 403, 403, 403, 404)


def _endpoint(world: World) -> Connection:
    if "endpoint" not in world.rows:
        world.rows["endpoint"] = make_endpoint(world.organization)
    endpoint: Connection = world.rows["endpoint"]
    return endpoint


def _body(**changes: Any) -> Any:
    return lambda _world: {"url": "https://93.184.215.14/x", "events": ["invoice.*"]} | changes


TABLE = Table(
    matrix={
        # (method, route)                anonymous owner staff accountant alice bob mallory
        ("get", "webhook-endpoint-list"): LIST,
        ("post", "webhook-endpoint-list"): (401, 201, 403, 403, 403, 403, 201),
        ("get", "webhook-endpoint-detail"): READ,
        ("put", "webhook-endpoint-detail"): _write(200),
        ("patch", "webhook-endpoint-detail"): _write(200),
        ("delete", "webhook-endpoint-detail"): _write(200),
        ("post", "webhook-endpoint-secrets"): _write(201),
        ("post", "webhook-endpoint-tests"): _write(202),
        ("get", "webhook-endpoint-deliveries"): READ,
        ("post", "webhook-endpoint-replays"): _write(202),
        ("get", "delivery-list"): LIST,
        ("get", "delivery-detail"): READ,
        ("post", "delivery-replays"): _write(202),
        ("post", "delivery-cancellations"): _write(200),
        ("get", "dead-letter-list"): LIST,
        ("get", "dead-letter-detail"): READ,
        ("delete", "dead-letter-detail"): _write(200),
        ("post", "dead-letter-replays"): _write(202),
    },
    arguments={
        **{
            f"webhook-endpoint-{name}": lambda world: [_endpoint(world).id]
            for name in ("detail", "secrets", "tests", "deliveries", "replays")
        },
        "delivery-detail": lambda world: [make_delivery(_endpoint(world)).id],
        "delivery-replays": lambda world: [make_delivery(_endpoint(world), "delivered").id],
        "delivery-cancellations": lambda world: [make_delivery(_endpoint(world)).id],
        "dead-letter-detail": lambda world: [make_delivery(_endpoint(world), "dead").id],
        "dead-letter-replays": lambda world: [make_delivery(_endpoint(world), "dead").id],
    },
    bodies={
        ("post", "webhook-endpoint-list"): _body(),
        ("put", "webhook-endpoint-detail"): _body(),
        ("patch", "webhook-endpoint-detail"): lambda _world: {"ordered": True},
        ("post", "webhook-endpoint-replays"): lambda _world: {
            "from_sequence": 1, "to_sequence": 100,
        },
        ("delete", "dead-letter-detail"): lambda _world: {"reason": "known fault"},
    },
)  # fmt: skip
