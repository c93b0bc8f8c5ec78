"""Any text is stored and given back as it was, by every operation that makes something (R32)."""

import copy
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Membership
from apps.clients.models import Client
from portal.references import openapi_json
from tests.access import PEOPLE, World
from tests.api.test_fuzz import path_of
from tests.conftest import api, keyed
from tests.test_access_matrix import OWNER_OF, TABLES, body_for, ids_for

TEXTS = (
    "O'Brien; DROP TABLE accounts_user; --",
    "<b>bold</b><script>alert(1)</script>",
    "🙂 👩‍👩‍👧 ✓",
    "שלום עולם، مرحبا بالعالم",
    '"quoted" \\back\\slash %s {{ 7*7 }} ${x}',
    "e\u0301 (decomposed) \u202eright to left",
)
# A person's name is a field of its own; these name a thing of ours, a secret, or a place.
CLOSED = {
    "password", "refresh_token", "code", "token", "timezone", "locale", "currency", "provider",
    "service_type", "events", "url", "kind",
}  # fmt: skip
MAKING = sorted(
    (name, PEOPLE[statuses.index(201)])
    for table in TABLES.values()
    for (method, name), statuses in table.matrix.items()
    if method == "post" and 201 in statuses and (method, name) in table.bodies
)


@pytest.fixture
def world(cast: dict[str, Membership | None], client_a: Client, client_b: Client) -> World:
    organization = client_a.organization
    rates = {"tier": "custom", "limits": {"api": "1000000/m"}}
    organization.settings["apis"]["rateLimit"] = rates
    organization.save(update_fields=["settings"])
    return World(organization, client_a, client_b, cast)


DOCUMENT: dict[str, Any] = {}


def document() -> dict[str, Any]:
    if not DOCUMENT:
        DOCUMENT.update(orjson.loads(openapi_json()))
    return DOCUMENT


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def text_fields(name: str) -> Iterator[tuple[str, int]]:
    """Yield the free texts at the top of a route's body, with the room that each has."""
    content = document()["paths"][path_of(name)]["post"]["requestBody"]["content"]
    schema = resolved(content["application/json"]["schema"])
    for field, shape in schema.get("properties", {}).items():
        is_text = shape.get("type") == "string" and not shape.keys() & {"format", "enum", "pattern"}
        if is_text and field not in CLOSED:
            yield field, shape.get("maxLength", 10_000)


def made(world: World, name: str, person: str, texts: dict[str, str]) -> Any:
    """Make something with these texts; return what the portal then shows of it."""
    url = reverse(name, args=ids_for(name, world))
    body = copy.deepcopy(body_for("post", name, world)) | texts
    with transaction.atomic():
        client = api(world.person(person))
        response = client.post(url, body, format="json", headers=keyed())
        transaction.set_rollback(True)
    return response


def assert_kept(world: World, name: str, person: str, text: str) -> None:
    texts = {field: text[:room].strip() for field, room in text_fields(name)}
    if not texts:
        return  # such as an invitation, which counts its address instead
    response = made(world, name, person, texts)
    assert response.status_code == 201, (name, texts, response.content)
    shown = response.json()["data"]
    for field, sent in texts.items():
        if field in shown:
            assert shown[field] == sent, (name, field)


def test_r32_the_operations_that_are_tried_have_texts() -> None:
    named = {name: [field for field, _room in text_fields(name)] for name, _person in MAKING}
    assert {OWNER_OF[name].split(".")[0] for name, fields in named.items() if fields} >= {
        "clients", "projects", "invoices", "messaging", "approvals",
    }  # fmt: skip
    assert sum(len(fields) for fields in named.values()) >= 12, named


@pytest.mark.parametrize(("name", "person"), MAKING)
def test_r32_hostile_texts_come_back_unchanged(name: str, person: str, world: World) -> None:
    for text in TEXTS:
        assert_kept(world, name, person, text)


@pytest.mark.parametrize(("name", "person"), MAKING)
def test_r32_any_text_comes_back_unchanged(name: str, person: str, world: World) -> None:
    ids_for(name, world)
    body_for("post", name, world)

    @settings(
        max_examples=15, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
    def holds(text: str) -> None:
        if text.strip():
            assert_kept(world, name, person, text.strip())

    holds()
