"""Who may use the routes of notifications: everybody his own."""

from typing import Any

from tests.access import Table, World
from tests.notifications.factories import make_notification


def _of_alice(world: World) -> list[Any]:
    if "notification" not in world.rows:
        world.rows["notification"] = make_notification(world.person("alice"))
    return [world.rows["notification"].id]


TABLE = Table(
    matrix={
        # (method, route)        anonymous owner staff accountant alice bob mallory
        ("get", "notification-list"): (401, 200, 200, 200, 200, 200, 200),
        ("get", "notification-detail"): (401, 404, 404, 404, 200, 404, 404),
        ("delete", "notification-detail"): (401, 404, 404, 404, 200, 404, 404),
        ("post", "notification-reads"): (401, 404, 404, 404, 200, 404, 404),
        ("post", "notification-reads-all"): (401, 200, 200, 200, 200, 200, 200),
    },
    arguments={"notification-detail": _of_alice, "notification-reads": _of_alice},
)
