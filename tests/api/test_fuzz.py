"""Schema-based fuzzing: whatever the document allows, and what it forbids, finds no 500 (P137).

Ids in paths are those of a small world in two of three requests, so that they get past the first
look-up. R146: every answer of the run is compared with the document.
"""

import random
from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import uuid4

import orjson
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.urls import get_resolver, reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks

from apps.accounts.models import Membership
from apps.clients.models import Client
from portal.references import openapi_json
from portal.wsgi import application
from tests.access import World
from tests.conftest import access_token
from tests.test_access_matrix import TABLES, ids_for

EXAMPLES = 25
WANTED = {
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_schema_conformance",
}  # fmt: skip
OPERATIONS = sorted({key for table in TABLES.values() for key in table.matrix})
load_all_checks()
CONFORMING = [check for check in CHECKS.get_all() if check.__name__ in WANTED]


@cache
def schema() -> Any:
    loaded = schemathesis.openapi.from_dict(orjson.loads(openapi_json()))
    loaded.app = application
    return loaded


def path_of(name: str) -> str:
    """Return the path of a route as the document writes it."""
    (variants,) = [get_resolver().reverse_dict.getlist(name)]
    template = str(variants[0][0][0][0])
    for parameter in variants[0][0][0][1]:
        template = template.replace(f"%({parameter})s", "{" + shown(parameter) + "}")
    return f"/{template}"


@pytest.fixture
def world(cast: dict[str, Membership | None], client_a: Client, client_b: Client) -> World:
    """The cast, with limits that a storm of requests does not reach."""
    organization = client_a.organization
    organization.settings["apis"]["rateLimit"] = {
        "tier": "custom", "limits": {"api": "1000000/m", "upload": "1000000/m"},
    }  # fmt: skip
    organization.save(update_fields=["settings"])
    return World(organization, client_a, client_b, cast)


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Let requests share the test's connection, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize(("method", "name"), OPERATIONS)
def test_p137_no_request_breaks_the_server(method: str, name: str, world: World) -> None:
    operation = schema()[path_of(name)][method.upper()]
    arguments = ids_for(name, world)
    known = dict(zip(path_names(name), map(str, arguments), strict=True))
    assert reverse(name, args=arguments)
    tokens = [access_token(world.person(person)) for person in ("owner", "alice", "mallory")]

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(), chance=st.randoms(use_true_random=False))
    def storm(case: Any, chance: random.Random) -> None:
        (case.query or {}).pop("fields", None)  # a sparse row is no whole one: test_pages.py
        if known and chance.random() < 0.67:
            case.path_parameters = known
        case.headers = {
            **(case.headers or {}),
            "Authorization": f"Bearer {chance.choice(tokens)}",
            "Idempotency-Key": str(uuid4()),
            "Accept-Encoding": "identity",
        }
        with transaction.atomic():
            response = case.call()
            case.validate_response(response, checks=CONFORMING)
            transaction.set_rollback(True)

    storm()


def path_names(name: str) -> list[str]:
    return [shown(parameter) for parameter in get_resolver().reverse_dict.getlist(name)[0][0][0][1]]


def shown(parameter: str) -> str:
    """Return a path parameter's name in the document, which calls a key `id`."""
    return "id" if parameter == "pk" else parameter
