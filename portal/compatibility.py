"""Whether a new OpenAPI document is safe for those who built on the old one (P36, R146).

Safe: more paths, more answer fields, more optional parameters. Not safe: anything that is gone,
that has another type, or that must be sent now and had not to be before.
"""

from collections.abc import Iterator
from typing import Any

METHODS = {"get", "post", "put", "patch", "delete"}


def breaking_changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return a line for each change that breaks a caller of `old`."""
    return [
        *_operations(old, new),
        *(
            fault
            for name, schema in _schemas(old).items()
            if name in _schemas(new)
            for fault in _fields(name, schema, _schemas(new)[name])
        ),
    ]


def _operations(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for path, methods in old["paths"].items():
        for method in METHODS & set(methods):
            place = f"{method.upper()} {path}"
            there = new["paths"].get(path, {}).get(method)
            if there is None:
                yield f"{place} is gone"
                continue
            yield from _parameters(place, methods[method], there)
            for status in set(methods[method]["responses"]) - set(there["responses"]):
                if status.startswith("2"):
                    yield f"{place} answers {status} no more"


def _parameters(place: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    before = {(p["in"], p["name"]): p for p in old.get("parameters", [])}
    after = {(p["in"], p["name"]): p for p in new.get("parameters", [])}
    for key in before.keys() - after.keys():
        yield f"{place} knows the parameter {key[1]} no more"
    for key, parameter in after.items():
        if parameter.get("required") and not before.get(key, {}).get("required"):
            yield f"{place} requires the parameter {key[1]} now"


def _fields(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    is_body = name.endswith("Request")
    for field in before.keys() - after.keys():
        yield f"{name}.{field} is gone"
    for field in before.keys() & after.keys():
        if before[field].get("type") != after[field].get("type"):
            yield f"{name}.{field} has another type"
    if is_body:
        for field in set(new.get("required", [])) - set(old.get("required", [])):
            yield f"{name}.{field} is required now"


def _schemas(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document.get("components", {}).get("schemas", {})
    return found
