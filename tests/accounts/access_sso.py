"""Who may use the routes of single sign-on: everybody, before he is known."""

from tests.access import Table

NOBODY_THERE = (404, 404, 404, 404, 404, 404, 404)
EMPTY_BODY = (400, 400, 400, 400, 400, 400, 400)
TABLE = Table(
    matrix={
        # (method, route)        anonymous owner staff accountant alice bob mallory
        ("post", "provider-discovery-list"): EMPTY_BODY,
        ("post", "sign-on-start-list"): NOBODY_THERE,
        ("get", "saml-metadata"): NOBODY_THERE,
        ("post", "exchange"): EMPTY_BODY,
    },
    arguments={
        "sign-on-start-list": lambda _world: ["company"],
        "saml-metadata": lambda _world: ["corp"],
    },
    public=frozenset(
        {"provider-discovery-list", "sign-on-start-list", "saml-metadata", "exchange"}
    ),
)
