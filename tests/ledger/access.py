"""Who may use the routes of the ledger: the team reads it."""

from tests.access import Table

TABLE = Table(
    matrix={
        # (method, route)            anonymous owner staff accountant alice bob mallory
        ("get", "ledger-entry-list"): (401, 200, 200, 200, 403, 403, 200),
    },
)
