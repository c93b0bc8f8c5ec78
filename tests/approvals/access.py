"""Who may use the routes of approvals: alice of client A is asked about a file of hers."""

from tests.access import Table, World
from tests.approvals.factories import make_approval
from tests.files.factories import make_shared_file


def _approval(world: World) -> list[object]:
    if "approval" not in world.rows:
        staff, alice = world.person("staff"), world.person("alice")
        file = make_shared_file(staff, world.client_a)
        world.rows["approval"] = make_approval(staff, file, [alice])
    return [world.rows["approval"].id]


def _request(world: World) -> dict[str, object]:
    file = make_shared_file(world.person("staff"), world.client_a)
    return {
        "subject": {"type": "file_version", "id": str(file.current_id)},
        "question": "Is this right?",
        "approvers": [str(world.person("alice").user_id)],
    }


TABLE = Table(
    matrix={
        # (method, route)                 anonymous owner staff accountant alice bob mallory
        ("get", "approval-list"): (401, 200, 200, 403, 200, 200, 200),
        # mallory may ask, but not about a file of another studio
        ("post", "approval-list"): (401, 201, 201, 403, 403, 403, 400),
        ("get", "approval-detail"): (401, 200, 200, 403, 200, 404, 404),
        ("post", "approval-decisions"): (401, 403, 403, 403, 201, 404, 404),
        ("post", "approval-withdrawals"): (401, 201, 201, 403, 403, 403, 404),
        ("get", "approval-evidence"): (401, 200, 200, 403, 200, 404, 404),
    },
    arguments={
        "approval-detail": _approval,
        "approval-decisions": _approval,
        "approval-withdrawals": _approval,
        "approval-evidence": _approval,
    },
    bodies={
        ("post", "approval-list"): _request,
        ("post", "approval-decisions"): lambda _world: {"decision": "approved", "version": 1},
        ("post", "approval-withdrawals"): lambda _world: {"reason": "Asked too early."},
    },
)
