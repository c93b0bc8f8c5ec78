"""P17: the scope matrix. Every route under `/api/v1/`, every method, with and without its scope."""

import pytest
from django.db import transaction
from django.urls import resolve, reverse

from apps.accounts.models import Membership
from apps.accounts.scopes import example_path, known_scopes, versioned_views
from apps.clients.models import Client
from apps.core.scopes import CLOSED, area_of, needed_scope
from tests.access import World
from tests.accounts.keys import make_key, with_key
from tests.conftest import Api, keyed
from tests.test_access_matrix import NAMES, TABLES, body_for, ids_for

METHODS = ("get", "post", "put", "patch", "delete")
VIEWS = dict(versioned_views())
ROWS = sorted({key for table in TABLES.values() for key in table.matrix})
PUBLIC = {name for table in TABLES.values() for name in table.public}


@pytest.fixture
def world(cast: dict[str, Membership | None], client_a: Client, client_b: Client) -> World:
    return World(client_a.organization, client_a, client_b, cast)


def refused(caller: Api, method: str, url: str, body: object) -> tuple[int, object]:
    """Return the status of one request and the rule that refused it; undo what it did."""
    with transaction.atomic():
        headers = keyed() if method == "post" else {}
        answer = getattr(caller, method)(url, body, format="json", headers=headers)
        transaction.set_rollback(True)
    details = answer.json()["details"] if answer.status_code == 403 else None
    return answer.status_code, (details or {}).get("rule")


@pytest.mark.parametrize("name", sorted({name for _method, name in ROWS} - PUBLIC))
def test_p17_each_route_needs_its_scope_and_no_other(name: str, world: World) -> None:
    arguments = ids_for(name, world)
    url = reverse(name, args=arguments)
    view = resolved(url)
    for method in METHODS:
        if (method, name) not in ROWS:
            continue
        scope = needed_scope(view, method.upper())
        owner, body = world.person("owner"), body_for(method, name, world)
        others = sorted(known_scopes() - {scope})
        _key, without = make_key(owner, *others)
        expected = "not_for_keys" if scope is None else "scope_missing"
        assert refused(with_key(without), method, url, body) == (403, expected), method
        if scope is not None:
            _key, text = make_key(owner, scope)
            status, rule = refused(with_key(text), method, url, body)
            assert rule not in {"scope_missing", "not_for_keys"}, method
            assert status != 401, method


def resolved(url: str) -> type:
    """Return the view class behind an address."""
    view: type = resolve(url).func.view_class  # type: ignore[attr-defined]
    return view


def test_p17_what_makes_credentials_is_closed_to_keys() -> None:
    closed = {path for path, view in VIEWS.items() if area_of(view) == CLOSED}
    for part in ("auth/", "api-keys", "service-accounts", "roles"):
        assert {path for path in VIEWS if path.startswith(f"api/v1/{part}")} <= closed
    assert "api/v1/users" not in closed


def test_a_new_route_of_accounts_is_closed_until_it_names_an_area() -> None:
    made = type("View", (), {"__module__": "apps.accounts.new_views", "keys_read_only": False})
    assert needed_scope(made, "GET") is None


def test_scopes_read_as_area_and_way() -> None:
    assert {"clients:read", "clients:write", "invoices:write", "users:read"} <= known_scopes()
    assert "events:write" not in known_scopes()
    assert {scope.partition(":")[2] for scope in known_scopes()} == {"read", "write"}


def test_an_example_reads_with_the_first_scope_that_can() -> None:
    assert example_path(("clients:read", "clients:write")) == "/api/v1/clients"
    assert example_path(("clients:write",)) is None


def test_the_table_of_rights_and_the_scopes_know_the_same_routes() -> None:
    assert len(VIEWS) == len(set(NAMES) - PUBLIC)
