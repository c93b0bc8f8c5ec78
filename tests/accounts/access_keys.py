"""Who may use the routes of API keys, service accounts, roles, people, and project members."""

from typing import Any

from apps.accounts.models import CustomRole
from apps.accounts.services import create_key, create_service_account
from apps.core.tenancy import organization_scope
from apps.projects.models import ProjectMember
from tests.access import Table, World
from tests.conftest import present
from tests.factories import make_member
from tests.projects.factories import make_project

SCOPES = ["clients:read"]


def _alices_key(world: World) -> list[Any]:
    alice = world.person("alice")
    with organization_scope(world.organization.id):
        key, _text = create_key(present(alice), name="Script", scopes=SCOPES)
    return [key.id]


def _service_account(world: World) -> list[Any]:
    owner = world.person("owner")
    with organization_scope(world.organization.id):
        account = create_service_account(present(owner), name="Importer", role="staff")
    return [account.user_id]


def _role(world: World) -> list[Any]:
    role = CustomRole.objects.create(
        organization=world.organization, name="Helper", base="staff", denied=["invoices.draft"]
    )
    return [role.id]


def _colleague(world: World) -> list[Any]:
    return [make_member(world.organization, "staff", "colleague").user_id]


def _project(world: World) -> list[Any]:
    return [make_project(world.client_a).id]


def _place(world: World) -> list[Any]:
    project = make_project(world.client_a)
    with organization_scope(world.organization.id):
        place = ProjectMember.objects.create(
            organization=world.organization, project=project, user=world.person("staff").user
        )
    return [project.id, place.id]


def _key_body(_world: World) -> dict[str, Any]:
    return {"name": "Script", "scopes": SCOPES}


def _role_body(_world: World) -> dict[str, Any]:
    return {"name": "Quiet", "base": "staff", "denied": ["files.write"]}


def _account_body(_world: World) -> dict[str, Any]:
    return {"name": "Robot", "role": "staff"}


TABLE = Table(
    matrix={
        # (method, route)        anonymous owner staff accountant alice bob mallory
        ("get", "api-key-list"): (401, 200, 200, 200, 200, 200, 200),
        ("post", "api-key-list"): (401, 201, 201, 201, 201, 201, 201),
        ("get", "api-key-detail"): (401, 200, 404, 404, 200, 404, 404),
        ("put", "api-key-detail"): (401, 200, 404, 404, 200, 404, 404),
        ("patch", "api-key-detail"): (401, 200, 404, 404, 200, 404, 404),
        ("delete", "api-key-detail"): (401, 200, 404, 404, 200, 404, 404),
        ("get", "service-account-list"): (401, 200, 403, 403, 403, 403, 200),
        ("post", "service-account-list"): (401, 201, 403, 403, 403, 403, 201),
        ("get", "service-account-detail"): (401, 200, 403, 403, 403, 403, 404),
        ("put", "service-account-detail"): (401, 200, 403, 403, 403, 403, 404),
        ("patch", "service-account-detail"): (401, 200, 403, 403, 403, 403, 404),
        ("delete", "service-account-detail"): (401, 200, 403, 403, 403, 403, 404),
        ("get", "service-account-key-list"): (401, 200, 403, 403, 403, 403, 404),
        ("post", "service-account-key-list"): (401, 201, 403, 403, 403, 403, 404),
        ("get", "role-list"): (401, 200, 200, 200, 403, 403, 200),
        ("post", "role-list"): (401, 201, 403, 403, 403, 403, 201),
        ("get", "role-detail"): (401, 200, 200, 200, 403, 403, 404),
        ("put", "role-detail"): (401, 200, 403, 403, 404, 404, 404),
        ("patch", "role-detail"): (401, 200, 403, 403, 404, 404, 404),
        ("delete", "role-detail"): (401, 200, 403, 403, 404, 404, 404),
        ("get", "member-detail"): (401, 200, 200, 200, 404, 404, 404),
        ("put", "member-detail"): (401, 200, 403, 403, 404, 404, 404),
        ("patch", "member-detail"): (401, 200, 403, 403, 404, 404, 404),
        ("post", "departures"): (401, 201, 403, 403, 404, 404, 404),
        ("get", "project-member-list"): (401, 200, 200, 200, 200, 404, 404),
        ("post", "project-member-list"): (401, 201, 403, 403, 403, 404, 404),
        ("get", "project-member-detail"): (401, 200, 200, 200, 200, 404, 404),
        ("put", "project-member-detail"): (401, 200, 403, 403, 403, 404, 404),
        ("patch", "project-member-detail"): (401, 200, 403, 403, 403, 404, 404),
        ("delete", "project-member-detail"): (401, 200, 403, 403, 403, 404, 404),
    },
    arguments={
        "api-key-detail": _alices_key,
        "service-account-detail": _service_account,
        "service-account-key-list": _service_account,
        "role-detail": _role,
        "member-detail": _colleague,
        "departures": _colleague,
        "project-member-list": _project,
        "project-member-detail": _place,
    },
    bodies={
        ("post", "api-key-list"): _key_body,
        ("put", "api-key-detail"): _key_body,
        ("patch", "api-key-detail"): lambda _world: {"name": "Other"},
        ("post", "service-account-list"): _account_body,
        ("put", "service-account-detail"): _account_body,
        ("patch", "service-account-detail"): lambda _world: {"name": "Other"},
        ("post", "service-account-key-list"): _key_body,
        ("post", "role-list"): _role_body,
        ("put", "role-detail"): _role_body,
        ("patch", "role-detail"): lambda _world: {"name": "Other"},
        ("put", "member-detail"): lambda _world: {"role": "accountant", "is_active": True},
        ("patch", "member-detail"): lambda _world: {"is_active": False},
        ("post", "departures"): lambda world: {
            "successor_id": str(world.person("owner").user_id)
        },
        ("post", "project-member-list"): lambda world: {
            "user_id": str(world.person("owner").user_id)
        },
        ("put", "project-member-detail"): lambda _world: {"role": "lead"},
        ("patch", "project-member-detail"): lambda _world: {"role": "viewer"},
    },
)  # fmt: skip
