"""Who may use the routes of jobs: the job is alice's."""

from django.conf import settings

from apps.core.tenancy import organization_scope
from apps.events.jobs import start_job
from tests.access import Table, World


def _job(world: World) -> list[object]:
    if "job" not in world.rows:
        alice = world.person("alice")
        kind = next(iter(settings.JOB_HANDLERS))
        with organization_scope(alice.organization_id):
            world.rows["job"] = start_job(alice.organization_id, kind, user_id=alice.user_id)
    return [world.rows["job"].id]


TABLE = Table(
    matrix={
        # (method, route)          anonymous owner staff accountant alice bob mallory
        ("get", "job-list"): (401, 200, 200, 200, 200, 200, 200),
        ("get", "job-detail"): (401, 200, 404, 404, 200, 404, 404),
        ("post", "job-cancellations"): (401, 200, 404, 404, 200, 404, 404),
    },
    arguments={"job-detail": _job, "job-cancellations": _job},
)
