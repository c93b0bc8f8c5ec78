"""Who may use the routes of payments. Invoice and payment of the path are of client A."""

from tests.access import Table, World
from tests.invoices.factories import make_invoice
from tests.payments.factories import make_paid


def _open_invoice(world: World) -> list[object]:
    if "open_invoice" not in world.rows:
        world.rows["open_invoice"] = make_invoice(world.client_a)
    return [world.rows["open_invoice"].id]


def _payment(world: World) -> list[object]:
    return [make_paid(make_invoice(world.client_a)).id]


TABLE = Table(
    matrix={
        # (method, route)               anonymous owner staff accountant alice bob mallory
        ("get", "invoice-payments"): (401, 200, 200, 200, 200, 404, 404),
        ("post", "invoice-payments"): (401, 202, 403, 202, 202, 404, 404),
        ("get", "payment-list"): (401, 200, 200, 200, 200, 200, 200),
        ("get", "payment-detail"): (401, 200, 200, 200, 200, 404, 404),
    },
    arguments={"invoice-payments": _open_invoice, "payment-detail": _payment},
    bodies={("post", "invoice-payments"): lambda _world: {"provider": "fake"}},
)
