"""Who may use the routes of links in mails: everybody, and each link only what it was made for."""

from tests.access import Table

NO_LINK = (401, 401, 401, 401, 401, 401, 401)
NO_BODY = (400, 400, 400, 400, 400, 400, 400)
OWN = (401, 202, 202, 202, 202, 202, 202)
DETAILS = (
    "password-reset-detail", "magic-link-detail", "email-verification-detail",
    "email-change-detail", "email-change-refusals",
)  # fmt: skip

TABLE = Table(
    matrix={
        # (method, route)        anonymous owner staff accountant alice bob mallory
        ("post", "password-reset-list"): NO_BODY,
        ("get", "password-reset-detail"): NO_LINK,
        ("post", "password-reset-detail"): NO_BODY,
        ("post", "magic-link-list"): NO_BODY,
        ("post", "magic-link-detail"): NO_LINK,
        ("post", "email-verification-list"): OWN,
        ("post", "email-verification-detail"): NO_LINK,
        ("post", "email-change-list"): OWN,
        ("post", "email-change-detail"): NO_LINK,
        ("post", "email-change-refusals"): NO_LINK,
    },
    arguments={name: lambda _world: ["nonsense"] for name in DETAILS},
    bodies={("post", "email-change-list"): lambda _world: {"email": "other@example.com"}},
    public=frozenset({*DETAILS, "password-reset-list", "magic-link-list"}),
)
