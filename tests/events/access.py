"""Who may read the log: everybody what he may see of it."""

from tests.access import Table

TABLE = Table(
    matrix={
        # (method, route)        anonymous owner staff accountant alice bob mallory
        ("get", "event-list"): (401, 200, 200, 200, 200, 200, 200),
    },
)
