"""No operation and no socket shows a person what belongs to another organization (R27, R28)."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from django.db import transaction
from django.urls import reverse

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.live.lookups import MODELS, may_follow, missed_after
from portal.references import openapi_json
from tests.access import Table, World
from tests.api.test_fuzz import path_of
from tests.conftest import api, events_of, keyed
from tests.messaging.factories import make_conversation, make_message
from tests.test_access_matrix import TABLES, body_for

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def world(cast: dict[str, Membership | None], client_a: Client, client_b: Client) -> World:
    organization = client_a.organization
    organization.settings["apis"]["rateLimit"]["limits"] = {"api": "1000000/m"}
    organization.save(update_fields=["settings"])
    mallory = cast["mallory"]
    assert mallory is not None
    mallory.organization.settings["apis"]["rateLimit"]["limits"] = {"api": "1000000/m"}
    mallory.organization.save(update_fields=["settings"])
    return World(organization, client_a, client_b, cast)


def operations(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the (method, route) pairs of a table that stand in the OpenAPI document."""
    paths = orjson.loads(openapi_json())["paths"]
    for name in sorted({route for _method, route in table.matrix}):
        for method in METHODS:
            if method in paths[path_of(name)]:
                yield method, name


def arguments(table: Table, world: World) -> dict[str, list[Any]]:
    """The ids in the path of each route; a maker that serves several is called once."""
    made: dict[Any, list[Any]] = {}
    for maker in table.arguments.values():
        if maker not in made:
            made[maker] = list(maker(world))
    return {name: made[maker] for name, maker in table.arguments.items()}


def ask(world: World, method: str, url: str, body: Any) -> Any:
    """Send one request as mallory, and undo what it did."""
    with transaction.atomic():
        headers = keyed() if method == "post" else {}
        client = api(world.person("mallory"))
        response = getattr(client, method)(url, body, format="json", headers=headers)
        transaction.set_rollback(True)
    return response


def without_ids_of_the_request(response: Any) -> str:
    """The body without what differs between any two requests."""
    body = response.json()
    body.pop("request_id", None)
    body.pop("meta", None)
    return str(body)


@pytest.mark.parametrize("place", sorted(TABLES))
def test_r27_a_foreign_id_answers_like_one_that_is_not_there(place: str, world: World) -> None:
    table = TABLES[place]
    ids = arguments(table, world)
    for method, name in operations(table):
        known = ids.get(name, [])
        strange = [uuid4() if isinstance(one, UUID) else one for one in known]
        if strange == known:
            continue
        body = body_for(method, name, world)
        foreign = ask(world, method, reverse(name, args=known), body)
        missing = ask(world, method, reverse(name, args=strange), body)
        where = f"{method} {name}"
        assert foreign.status_code == missing.status_code, where
        assert foreign.status_code in {400, 404, 415, 428}, where
        assert without_ids_of_the_request(foreign) == without_ids_of_the_request(missing), where


def marks_of(world: World) -> set[str]:
    """What would betray the studio: its ids, names and addresses."""
    people = [world.person(name) for name in ("owner", "staff", "accountant", "alice", "bob")]
    rows = [row for row in world.rows.values() if hasattr(row, "pk")]
    return {
        str(world.organization.id), world.organization.slug,
        *(str(client.id) for client in (world.client_a, world.client_b)),
        *(str(person.user_id) for person in people), *(person.user.email for person in people),
        *(str(row.pk) for row in rows),
    }  # fmt: skip


@pytest.mark.parametrize("place", sorted(TABLES))
def test_r28_no_operation_gives_a_stranger_foreign_data(place: str, world: World) -> None:
    table = TABLES[place]
    ids = arguments(table, world)
    leaks = []
    for method, name in operations(table):
        body = body_for(method, name, world)
        response = ask(world, method, reverse(name, args=ids.get(name, [])), body)
        if not 200 <= response.status_code < 300:
            continue
        streamed = getattr(response, "streaming", False)
        text = b"".join(response) if streamed else response.content
        sent = str(body)
        found = {mark for mark in marks_of(world) if mark in text.decode() and mark not in sent}
        if found:
            leaks.append((method, name, found))
    assert leaks == []


def test_r28_each_operation_of_the_document_is_in_a_table() -> None:
    paths = orjson.loads(openapi_json())["paths"]
    written = {(m, path) for path, methods in paths.items() for m in methods if m in METHODS}
    tried = {(m, path_of(name)) for table in TABLES.values() for m, name in operations(table)}
    assert written == tried
    assert len(written) > 80


def test_r28_no_socket_topic_and_no_replay_tells_a_stranger(world: World) -> None:
    alice, staff, mallory = (world.person(name) for name in ("alice", "staff", "mallory"))
    talk = make_conversation(staff, alice)
    make_message(talk, alice)
    from tests.files.factories import make_project
    from tests.invoices.factories import make_invoice

    topics = {
        "clients": world.client_a.id, "conversations": talk.id,
        "invoices": make_invoice(world.client_a).id, "projects": make_project(world.client_a).id,
    }  # fmt: skip
    assert set(topics) == set(MODELS)
    for kind, pk in topics.items():
        assert may_follow(alice.actor(), f"{kind}/{pk}")
        assert not may_follow(mallory.actor(), f"{kind}/{pk}")
        assert not may_follow(mallory.actor(), f"{kind}/{uuid4()}")
    events_of(world.organization)
    with organization_scope(alice.organization_id):
        assert missed_after(alice.actor(), 0).hints
    told = str(missed_after(mallory.actor(), 0).hints)
    assert re.search("|".join(map(re.escape, marks_of(world))), told) is None
