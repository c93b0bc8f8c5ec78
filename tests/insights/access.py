"""Who may use the routes of insights: the export is alice's, the rest is the studio's."""

from typing import Any

from apps.core.tenancy import organization_scope
from apps.insights import services
from apps.insights.models import Erasure, Export, RetentionRun
from tests.access import Table, World
from tests.conftest import api, events_of
from tests.factories import make_member


def _audit(world: World) -> list[Any]:
    from tests.events.test_log import change

    if "audited" not in world.rows:
        with organization_scope(world.organization.id):
            change(world.client_a, 1)
        world.rows["audited"] = events_of(world.organization)[-1]
    return [world.rows["audited"].id]


def _export(world: World) -> list[Any]:
    if "export" not in world.rows:
        alice = world.person("alice")
        assert api(alice).post("/api/v1/exports", {"kind": "personal_data"}).status_code == 202
        with organization_scope(alice.organization_id):
            world.rows["export"] = Export.objects.latest("created_at")
    return [world.rows["export"].id]


def _erasure(world: World) -> list[Any]:
    if "erasure" not in world.rows:
        person = make_member(world.organization, "staff")
        place = f"/api/v1/users/{person.user_id}/erasures"
        assert api(world.person("owner")).post(place, {}).status_code == 202
        with organization_scope(world.organization.id):
            world.rows["erasure"] = Erasure.objects.latest("created_at")
    return [world.rows["erasure"].id]


def _run(world: World) -> list[Any]:
    if "run" not in world.rows:
        services.start_run(world.organization.id)
        with organization_scope(world.organization.id):
            world.rows["run"] = RetentionRun.objects.latest("created_at")
    return [world.rows["run"].id]


def _bob(world: World) -> list[Any]:
    return [world.person("bob").user_id]


TABLE = Table(
    matrix={
        # (method, route)                 anonymous owner staff accountant alice bob mallory
        ("get", "audit-event-list"): (401, 200, 403, 403, 403, 403, 200),
        ("get", "audit-event-detail"): (401, 200, 403, 403, 403, 403, 404),
        ("get", "export-list"): (401, 200, 200, 200, 200, 200, 200),
        ("post", "export-list"): (401, 202, 202, 202, 202, 202, 202),
        ("get", "export-detail"): (401, 200, 404, 404, 200, 404, 404),
        # It is not ready yet; nobody but who asked would ever get it.
        ("get", "export-content"): (401, 403, 404, 404, 409, 404, 404),
        # The person is bob: the owner may, he himself may, and alice does not even see him.
        ("post", "user-erasures"): (401, 202, 403, 403, 404, 202, 404),
        ("get", "erasure-list"): (401, 200, 200, 200, 200, 200, 200),
        ("get", "erasure-detail"): (401, 200, 404, 404, 404, 404, 404),
        ("get", "retention-run-list"): (401, 200, 403, 403, 403, 403, 200),
        ("get", "retention-run-detail"): (401, 200, 403, 403, 403, 403, 404),
    },
    arguments={
        "audit-event-detail": _audit,
        "export-detail": _export,
        "export-content": _export,
        "user-erasures": _bob,
        "erasure-detail": _erasure,
        "retention-run-detail": _run,
    },
    bodies={("post", "export-list"): lambda _world: {"kind": "personal_data"}},
)
