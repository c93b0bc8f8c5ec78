"""Who may use the routes of invoices. The invoice of the path is a sent one of client A."""

from tests.access import Table, World
from tests.invoices.factories import body_for, make_invoice


def _sent(world: World) -> list[object]:
    if "invoice" not in world.rows:
        world.rows["invoice"] = make_invoice(world.client_a)
    return [world.rows["invoice"].id]


def _body(world: World) -> dict[str, object]:
    return body_for(world.client_a)


TABLE = Table(
    matrix={
        # (method, route)                anonymous owner staff accountant alice bob mallory
        ("get", "invoice-list"): (401, 200, 200, 200, 200, 200, 200),
        ("post", "invoice-list"): (401, 201, 201, 201, 403, 403, 400),
        ("get", "invoice-detail"): (401, 200, 200, 200, 200, 404, 404),
        ("put", "invoice-detail"): (401, 409, 409, 409, 403, 404, 404),
        ("patch", "invoice-detail"): (401, 409, 409, 409, 403, 404, 404),
        ("delete", "invoice-detail"): (401, 409, 409, 409, 403, 404, 404),
        ("post", "invoice-sends"): (401, 409, 403, 409, 403, 404, 404),
        ("post", "invoice-cancellations"): (401, 200, 403, 200, 403, 404, 404),
    },
    arguments={
        "invoice-detail": _sent,
        "invoice-sends": _sent,
        "invoice-cancellations": _sent,
    },
    bodies={("post", "invoice-list"): _body, ("put", "invoice-detail"): _body},
)
