"""The document is complete, current, and a break of it is refused (P24, P35, P36, R146)."""

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from django.core.management import call_command
from django.test import Client as HttpClient
from django.urls import get_resolver

from portal.compatibility import breaking_changes
from portal.references import openapi_json

ROOT = Path(__file__).parents[2]
METHODS = {"get", "post", "put", "patch", "delete"}
# Sign-in has verbs; all other paths name things.
VERBS = {"exchange", "register", "login", "logout", "logout-all", "refresh"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(openapi_json())
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_p35_the_document_is_openapi_3_1_and_equals_the_committed_one(db: None) -> None:
    served = HttpClient().get("/api/v1/openapi.json").json()
    stored = yaml.safe_load((ROOT / "docs/reference/openapi.yaml").read_text())
    assert served["openapi"].startswith("3.1")
    assert served == stored


def test_the_generated_references_are_current() -> None:
    call_command("schema", "--check")


def test_p35_each_operation_has_a_summary_and_names_its_refusals(
    document: dict[str, Any],
) -> None:
    for path, method, operation in operations(document):
        assert operation["summary"], f"{method} {path}"
        assert {"400", "401", "404", "429", "500"} <= set(operation["responses"])


SINGULAR = {
    "auth", "bootstrap", "config", "content", "evidence", "me", "organization", "metadata",
    "password", "phase-library", "saml", "schema", "sso", "validate",  # the words of C11 and C17
}  # fmt: skip


def test_p24_paths_are_plural_nouns_in_kebab_case(document: dict[str, Any]) -> None:
    for path, _method, _operation in operations(document):
        for part in path.removeprefix("/api/v1/").split("/"):
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*|\{[a-z_]+\}", part), path
            known = VERBS | SINGULAR
            assert part in known or part.startswith("{") or part.endswith("s"), path


def routes(resolver: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path of each route, as the document writes it, with its view."""
    for entry in resolver.url_patterns:
        path = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(entry.pattern))
        if hasattr(entry, "url_patterns"):
            yield from routes(entry, path)
        else:
            yield f"/{path}", entry.callback


def test_r146_every_route_stands_in_the_document(document: dict[str, Any]) -> None:
    """Answers are checked against it in `test_fuzz.py`, with generated requests."""
    described = {re.sub(r"\{\w+\}", "{}", path): path for path in document["paths"]}
    views = {
        re.sub(r"\{\w+\}", "{}", path): view
        for path, view in routes(get_resolver())
        if path.startswith("/api/v1/") and hasattr(getattr(view, "cls", None), "schema")
    }
    assert len(views) > 60
    assert set(views) == set(described)
    for path, view in views.items():
        written = {name for name in METHODS if hasattr(view.cls, name)}
        assert written == METHODS & document["paths"][described[path]].keys(), path


def test_an_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _path, _method, operation in operations(document)]
    assert len(set(names)) == len(names)


def test_the_pages_for_people_need_no_other_server(db: None) -> None:
    for path in ("/api/docs", "/api/redoc"):
        answer = HttpClient().get(path)
        assert answer.status_code == 200
        assert b"https://" not in answer.content


def drop_path(document: dict[str, Any]) -> None:
    del document["paths"]["/api/v1/clients"]


def drop_method(document: dict[str, Any]) -> None:
    del document["paths"]["/api/v1/clients"]["post"]


def drop_field(document: dict[str, Any]) -> None:
    del document["components"]["schemas"]["Client"]["properties"]["name"]


def change_type(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Client"]["properties"]["name"] = {"type": "integer"}


def require_field(document: dict[str, Any]) -> None:
    body = next(n for n in document["components"]["schemas"] if n.endswith("Request"))
    document["components"]["schemas"][body].setdefault("required", []).append("surprise")


def drop_parameter(document: dict[str, Any]) -> None:
    document["paths"]["/api/v1/clients"]["get"]["parameters"].pop()


@pytest.mark.parametrize(
    "breaks",
    [drop_path, drop_method, drop_field, change_type, require_field, drop_parameter],
)
def test_p36_a_deliberate_break_is_found(
    document: dict[str, Any], breaks: Callable[[dict[str, Any]], None]
) -> None:
    new = copy.deepcopy(document)
    assert breaking_changes(document, new) == []
    breaks(new)
    assert breaking_changes(document, new) != []


def test_p36_additions_are_no_break(document: dict[str, Any]) -> None:
    new = copy.deepcopy(document)
    new["paths"]["/api/v1/new"] = new["paths"]["/api/v1/clients"]
    new["components"]["schemas"]["Client"]["properties"]["new"] = {"type": "string"}
    assert breaking_changes(document, new) == []
