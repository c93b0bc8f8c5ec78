"""Who may use the routes of organizations: owner and admin (C18); bootstrap is for everybody."""

from apps.organizations.models import Domain
from tests.access import Table, World

SETTINGS = (401, 200, 403, 403, 403, 403, 200)


def _version(_world: World) -> list[object]:
    return [1]


def _domain(world: World) -> list[object]:
    row = Domain.objects.create(organization=world.organization, name="a.example.com", proof="p")
    return [row.id]


TABLE = Table(
    matrix={
        # (method, route)        anonymous owner staff accountant alice bob mallory
        ("get", "bootstrap"): (200, 200, 200, 200, 200, 200, 200),
        ("get", "config"): SETTINGS,
        ("put", "config"): (401, 428, 403, 403, 403, 403, 428),
        ("patch", "config"): SETTINGS,
        ("get", "config-schema"): SETTINGS,
        ("post", "config-validate"): SETTINGS,
        ("get", "config-version-list"): SETTINGS,
        ("get", "config-version"): (401, 404, 403, 403, 403, 403, 404),
        ("get", "config-difference"): (401, 404, 403, 403, 403, 403, 404),
        ("post", "config-rollback-list"): (401, 404, 403, 403, 403, 403, 404),
        ("get", "secret-list"): SETTINGS,
        ("put", "secret"): SETTINGS,
        ("delete", "secret"): (401, 404, 403, 403, 403, 403, 404),
        ("get", "domain-list"): SETTINGS,
        ("post", "domain-list"): (401, 201, 403, 403, 403, 403, 201),
        ("get", "domain"): (401, 200, 403, 403, 403, 403, 404),
        ("delete", "domain"): (401, 200, 403, 403, 403, 403, 404),
        ("post", "domain-verification-list"): (401, 422, 403, 403, 403, 403, 404),
    },
    arguments={
        "config-version": _version,
        "config-difference": lambda world: [1, 2],
        "secret": lambda world: ["sf_key"],
        "domain": _domain,
        "domain-verification-list": _domain,
    },
    bodies={
        ("patch", "config"): lambda world: {"locale": {"timezone": "Europe/Berlin"}},
        ("post", "config-rollback-list"): lambda world: {"version": 7},
        ("post", "config-validate"): lambda world: {"version": 1},
        ("put", "secret"): lambda world: {"value": "a value of a secret"},
        ("post", "domain-list"): lambda world: {"domain": "portal.acme.example"},
    },
    public=frozenset({"bootstrap"}),
)
