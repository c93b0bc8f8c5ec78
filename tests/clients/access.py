"""Who may use the routes of clients and contacts (C18)."""

from typing import Any

from apps.clients.models import Client, Contact
from apps.core.tenancy import organization_scope
from tests.access import Table, World


def _client_a(world: World) -> list[Any]:
    return [world.client_a.id]


def _archived_client(world: World) -> list[Any]:
    with organization_scope(world.organization.id):
        Client.objects.filter(id=world.client_a.id).update(status="archived")
    return [world.client_a.id]


def _alices_contact(world: World) -> list[Any]:
    with organization_scope(world.organization.id):
        contact = Contact.objects.get(user_id=world.person("alice").user_id)
    return [world.client_a.id, contact.id]


TABLE = Table(
    matrix={
        # (method, route)        anonymous owner staff accountant alice bob mallory
        ("get", "client-list"): (401, 200, 200, 200, 200, 200, 200),
        ("post", "client-list"): (401, 201, 201, 403, 403, 403, 201),
        ("get", "client-detail"): (401, 200, 200, 200, 200, 404, 404),
        ("put", "client-detail"): (401, 200, 200, 403, 403, 404, 404),
        ("patch", "client-detail"): (401, 200, 200, 403, 403, 404, 404),
        ("delete", "client-detail"): (401, 200, 200, 403, 403, 404, 404),
        ("post", "client-archivals"): (401, 201, 201, 403, 403, 404, 404),
        ("post", "client-restorations"): (401, 201, 201, 403, 403, 404, 404),
        ("get", "contact-list"): (401, 200, 200, 200, 200, 404, 404),
        ("post", "contact-list"): (401, 201, 201, 403, 403, 404, 404),
        ("get", "contact-detail"): (401, 200, 200, 200, 200, 404, 404),
        ("put", "contact-detail"): (401, 200, 200, 403, 403, 404, 404),
        ("patch", "contact-detail"): (401, 200, 200, 403, 200, 404, 404),
        ("delete", "contact-detail"): (401, 200, 200, 403, 403, 404, 404),
    },
    others={
        ("post", "contact-list"): {"contact_admin": 201, "viewer": 403},
        ("put", "contact-detail"): {"contact_admin": 200, "viewer": 403},
        ("patch", "contact-detail"): {"contact_admin": 200, "viewer": 403},
        ("delete", "contact-detail"): {"contact_admin": 200, "viewer": 403},
    },
    arguments={
        "client-detail": _client_a,
        "client-archivals": _client_a,
        "client-restorations": _archived_client,
        "contact-list": _client_a,
        "contact-detail": _alices_contact,
    },
    bodies={
        ("post", "client-list"): lambda _world: {"name": "Cedar"},
        ("put", "client-detail"): lambda _world: {"name": "Acme Limited"},
        ("patch", "client-detail"): lambda _world: {"phone": "+49 30 1"},
        ("post", "contact-list"): lambda _world: {"first_name": "Ann", "email": "ann@example.com"},
        ("put", "contact-detail"): lambda _world: {
            "first_name": "Alice", "email": "alice@example.com", "role": "admin",
        },
        ("patch", "contact-detail"): lambda _world: {"phone": "+49 30 2"},
    },
)  # fmt: skip
