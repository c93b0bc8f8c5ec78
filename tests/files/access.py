"""Who may use the routes of files: the object is shared with client A, by the studio."""

from tests.access import Table, World
from tests.files.factories import make_shared_file


def _file(world: World) -> list[object]:
    if "file" not in world.rows:
        world.rows["file"] = make_shared_file(world.person("staff"), world.client_a)
    return [world.rows["file"].id]


def _numbered(world: World) -> list[object]:
    return [*_file(world), 1]


def _change(world: World) -> dict[str, object]:
    return {"name": "other.pdf"}


TABLE = Table(
    matrix={
        # (method, route)                anonymous owner staff accountant alice bob mallory
        ("get", "file-list"): (401, 200, 200, 403, 200, 200, 200),
        # A body that is no form: who may upload is told so, the others are refused before.
        ("post", "file-list"): (401, 415, 415, 403, 415, 415, 415),
        ("get", "file-detail"): (401, 200, 200, 403, 200, 404, 404),
        ("put", "file-detail"): (401, 200, 200, 403, 403, 404, 404),
        ("patch", "file-detail"): (401, 200, 200, 403, 403, 404, 404),
        ("delete", "file-detail"): (401, 200, 200, 403, 403, 404, 404),
        ("post", "file-restorations"): (401, 409, 409, 403, 409, 404, 404),
        ("get", "file-versions"): (401, 200, 200, 403, 200, 404, 404),
        ("post", "file-versions"): (401, 415, 415, 403, 403, 404, 404),
        ("post", "file-version-restorations"): (401, 201, 201, 403, 403, 404, 404),
        ("get", "file-content"): (401, 200, 200, 403, 200, 404, 404),
        ("get", "file-version-content"): (401, 200, 200, 403, 200, 404, 404),
    },
    arguments={
        "file-detail": _file,
        "file-restorations": _file,
        "file-versions": _file,
        "file-version-restorations": _numbered,
        "file-content": _file,
        "file-version-content": _numbered,
    },
    bodies={("put", "file-detail"): _change, ("patch", "file-detail"): _change},
)
