"""P10, P11, R28, C18: every route, every method, every person. A new route fails without a row."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver

from apps.accounts.models import Membership
from apps.clients.models import Client
from tests.access import BESIDE, PEOPLE, Maker, Table, World
from tests.conftest import api, keyed
from tests.factories import make_contact, make_member

METHODS = ("get", "post", "put", "patch", "delete")
TABLES: dict[str, Table] = {
    f"{path.parent.name}.{path.stem}": import_module(f"tests.{path.parent.name}.{path.stem}").TABLE
    for path in sorted(Path(__file__).parent.glob("*/access*.py"))
}
OWNER_OF = {name: app for app, table in TABLES.items() for _method, name in table.matrix}
DOCUMENT_ROUTES = {"openapi"}


def versioned_routes() -> list[str]:
    """Return the names of all routes under /api/v1/."""
    found: list[str] = []

    def walk(patterns: Any, prefix: str) -> None:
        for pattern in patterns:
            place = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, place)
            elif isinstance(pattern, URLPattern) and place.startswith("api/v1/"):
                found.append(pattern.name or place)

    walk(get_resolver().url_patterns, "")
    return sorted(set(found) - DOCUMENT_ROUTES)


NAMES = versioned_routes()


def test_each_row_names_a_route_and_each_route_has_a_row() -> None:
    assert set(OWNER_OF) == set(NAMES)


@pytest.fixture
def world(cast: dict[str, Membership | None], client_a: Client, client_b: Client) -> World:
    return World(client_a.organization, client_a, client_b, cast)


def expected(table: Table, method: str, name: str, person: str) -> int:
    row = table.matrix.get((method, name))
    if row is not None:
        return row[PEOPLE.index(person)]
    return 401 if person == "anonymous" and name not in table.public else 405


def ids_for(name: str, world: World) -> list[Any]:
    """Return the ids in a route's path, of rows that are made for it."""
    make: Maker | None = TABLES[OWNER_OF[name]].arguments.get(name)
    return list(make(world)) if make else []


def body_for(method: str, name: str, world: World) -> Any:
    """Return the body that the route's table makes, else an empty one."""
    make: Maker | None = TABLES[OWNER_OF[name]].bodies.get((method, name))
    return make(world) if make else {}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", METHODS)
def test_status_of_each_person(method: str, name: str, world: World) -> None:
    table = TABLES[OWNER_OF[name]]
    arguments = ids_for(name, world)
    body = body_for(method, name, world)
    url = reverse(name, args=arguments)
    found = {person: _status(world, person, method, url, body) for person in PEOPLE}
    assert found == {person: expected(table, method, name, person) for person in PEOPLE}


ROWS = sorted({key for table in TABLES.values() for key in table.matrix})


@pytest.mark.parametrize(("method", "name"), ROWS)
def test_p10_status_of_those_who_stand_beside(method: str, name: str, world: World) -> None:
    """An admin, a viewer and an admin of client A get no more than their neighbours do."""
    table = TABLES[OWNER_OF[name]]
    world.people = dict(world.people) | {
        "admin": make_member(world.organization, "admin", "admin"),
        "viewer": make_contact(world.client_a, "viewer", "viewer"),
        "contact_admin": make_contact(world.client_a, "boss", "admin"),
    }
    arguments, body = ids_for(name, world), body_for(method, name, world)
    url = reverse(name, args=arguments)
    found = {person: _status(world, person, method, url, body) for person in BESIDE}
    allowed = {person: table.statuses_of(method, name, person) for person in BESIDE}
    assert {who: status for who, status in found.items() if status not in allowed[who]} == {}


def _status(world: World, person: str, method: str, url: str, body: Any) -> int:
    """Return the status of one request, and undo what it did."""
    with transaction.atomic():
        client = api(world.people[person])
        headers = keyed() if method == "post" else {}
        response = getattr(client, method)(url, body, format="json", headers=headers)
        transaction.set_rollback(True)
    return int(response.status_code)
