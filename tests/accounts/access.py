"""Who may use the routes of accounts."""

from apps.accounts.models import Session
from tests.access import Table, World
from tests.conftest import access_token


def _alices_session(world: World) -> list[object]:
    access_token(world.person("alice"))
    return [Session.objects.filter(user_id=world.person("alice").user_id).latest("id").id]


TABLE = Table(
    matrix={
        # (method, route)        anonymous owner staff accountant alice bob mallory
        ("post", "login"): (400, 400, 400, 400, 400, 400, 400),
        ("post", "refresh"): (400, 400, 400, 400, 400, 400, 400),
        ("post", "handoff-list"): (400, 400, 400, 400, 400, 400, 400),
        ("post", "logout"): (401, 200, 200, 200, 200, 200, 200),
        ("post", "logout-all"): (401, 200, 200, 200, 200, 200, 200),
        ("get", "session-list"): (401, 200, 200, 200, 200, 200, 200),
        ("delete", "session-detail"): (401, 404, 404, 404, 200, 404, 404),
        ("get", "user-list"): (401, 200, 200, 200, 200, 200, 200),
        ("get", "me"): (401, 200, 200, 200, 200, 200, 200),
        ("patch", "me"): (401, 200, 200, 200, 200, 200, 200),
        ("put", "password"): (401, 400, 400, 400, 400, 400, 400),
    },
    arguments={"session-detail": _alices_session},
    public=frozenset({"login", "refresh", "handoff-list"}),
)
