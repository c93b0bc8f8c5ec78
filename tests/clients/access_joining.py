"""Who may invite, and who may come in (C18, P06)."""

from typing import Any

from apps.accounts.models import Invitation
from apps.accounts.services import invite
from apps.core.tenancy import organization_scope
from tests.access import Table, World
from tests.factories import numbers


def _of_a_contact(world: World) -> list[Any]:
    if "invitation" not in world.rows:
        with organization_scope(world.organization.id):
            world.rows["invitation"] = invite(
                world.person("owner").actor(), email=f"new-{next(numbers)}@example.com",
                role="client", client_id=world.client_a.id,
            )  # fmt: skip
    invitation: Invitation = world.rows["invitation"]
    return [invitation.id]


def _body(world: World) -> Any:
    return {"email": "ann@example.com", "role": "client", "client_id": str(world.client_a.id)}


TABLE = Table(
    matrix={
        # (method, route)        anonymous owner staff accountant alice bob mallory
        ("get", "invitation-list"): (401, 200, 200, 200, 200, 200, 200),
        ("post", "invitation-list"): (401, 201, 201, 403, 403, 400, 400),
        ("get", "invitation-detail"): (401, 200, 200, 404, 404, 404, 404),
        ("delete", "invitation-detail"): (401, 200, 200, 404, 404, 404, 404),
        ("post", "invitation-resends"): (401, 201, 201, 404, 404, 404, 404),
        ("post", "register"): (400, 400, 400, 400, 400, 400, 400),
        ("post", "registration-detail"): (400, 400, 400, 400, 400, 400, 400),
    },
    arguments={
        "invitation-detail": _of_a_contact,
        "invitation-resends": _of_a_contact,
        "registration-detail": lambda _world: ["nonsense"],
    },
    bodies={("post", "invitation-list"): _body},
    public=frozenset({"register", "registration-detail"}),
)
