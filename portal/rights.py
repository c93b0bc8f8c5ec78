"""docs/reference/permissions.md: who may do what, from the tables that are asked and tested.

Roles, contact roles and scopes come from the code that enforces them; the access matrix from the
tables in `tests/<app>/access*.py`, each line of which is a test.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from apps.accounts.permissions import (
    CONTACT_ROLES,
    CONTACT_RULES,
    RULES,
    actions_of,
    contact_actions_of,
    deniable,
)
from apps.accounts.scopes import known_scopes, versioned_routes
from apps.core.scopes import needed_scope

ROOT = Path(__file__).resolve().parent.parent
ROLES = ("owner", "admin", "staff", "accountant", "client")
CUSTOM_BASES = ("admin", "staff", "accountant")
COLUMNS = {
    "anonymous": "nobody", "owner": "owner", "staff": "staff", "accountant": "accountant",
    "alice": "contact, own company", "bob": "contact, foreign company",
    "mallory": "owner, foreign organization",
}  # fmt: skip


def permissions_page() -> str:
    """Return who may do what (C18, R29, P10, P17)."""
    parts = [
        "# Permissions",
        "<!-- Made by `make schema`; do not edit. -->",
        "What each role may do. What a person cannot see at all is 404, whatever stands here.",
        *_roles(),
        *_contact_roles(),
        *_scopes(),
        *_matrix(),
    ]
    return "\n\n".join(parts) + "\n"


def _roles() -> Iterator[str]:
    yield "## Roles"
    yield _table(
        ("action", *ROLES),
        ((f"`{action}`", *(_mark(action, actions_of(role)) for role in ROLES)) for action in RULES),
    )
    yield (
        "A custom role is one of admin, staff and accountant without some of its actions. "
        "These can be taken away:"
    )
    yield "\n".join(
        f"- {base}: {', '.join(f'`{action}`' for action in sorted(deniable(base)))}"
        for base in CUSTOM_BASES
    )


def _contact_roles() -> Iterator[str]:
    yield "## Contact roles"
    yield "A contact has a role at each of his companies. All of them read what is his company's."
    yield _table(
        ("action", *CONTACT_ROLES),
        (
            (f"`{action}`", *(_mark(action, contact_actions_of(role)) for role in CONTACT_ROLES))
            for action in CONTACT_RULES
        ),
    )


def _scopes() -> Iterator[str]:
    yield "## Scopes of API keys"
    yield "A key may do what its person may, within its scopes. Routes without a scope take no key."
    routes: dict[str, list[str]] = {scope: [] for scope in sorted(known_scopes())}
    for path, view, method, _name in versioned_routes():
        scope = needed_scope(view, method)
        if scope is not None and not view.public:
            routes[scope].append(f"`{method} /{_plain(path)}`")
    yield _table(
        ("scope", "opens"), ((f"`{scope}`", ", ".join(opens)) for scope, opens in routes.items())
    )


def _matrix() -> Iterator[str]:
    yield "## Access matrix"
    yield (
        "The answer to each person for an object of one client company. To its contact and the "
        "team of its organization the object is their own; to a contact of another company of "
        "the same organization, and to the owner of another organization, it is foreign. Methods "
        "that are not listed answer 405. `tests/test_access_matrix.py` asks each of these."
    )
    routes = {(name, method): path for path, _view, method, name in versioned_routes()}
    lines = []
    for table in _tables():
        for (method, name), statuses in table.matrix.items():
            path = routes.get((name, method.upper()), name)
            more = table.others.get((method, name), {})
            others = ", ".join(f"{who} {status}" for who, status in more.items())
            lines.append((f"`{method.upper()} /{_plain(path)}`", *map(str, statuses), others))
    yield _table(("route", *COLUMNS.values(), "others"), sorted(lines))


def _tables() -> Iterator[Any]:
    for path in sorted((ROOT / "tests").glob("*/access*.py")):
        yield import_module(f"tests.{path.parent.name}.{path.stem}").TABLE


def _plain(path: str) -> str:
    for kind in ("uuid:", "str:", "int:"):
        path = path.replace(f"<{kind}", "{")
    return path.replace(">", "}")


def _mark(action: str, allowed: frozenset[str]) -> str:
    return "yes" if action in allowed else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
