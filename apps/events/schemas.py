"""JSON Schemas of event data, made from the shapes in `kinds` (`integration.md`, 6.3)."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from apps.events.kinds import KINDS

TYPES: dict[str, dict[str, Any]] = {
    "id": {"type": "string", "format": "uuid"},
    "text": {"type": "string"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "money": {
        "type": "object",
        "required": ["amount", "currency"],
        "properties": {
            "amount": {"type": "integer", "description": "Minor units."},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
    },
    "time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "ids": {"type": "array", "items": {"type": "string", "format": "uuid"}},
    "object": {"type": "object"},
}


def schema_of(kind: str, version: int = 1) -> dict[str, Any]:
    """Return the schema of a kind's data. Readers ignore members they do not know."""
    shape = KINDS[kind]
    properties = {name.rstrip("?~"): _typed(name, kind_of) for name, kind_of in shape.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"/schemas/events/{kind}/{version}.json",
        "title": kind,
        "type": "object",
        "required": sorted(name.rstrip("?") for name in shape if not name.endswith("~")),
        "properties": properties,
    }


def validate(kind: str, data: Any) -> None:
    """Raise ValueError when `data` is not what the kind's schema says, or has more members."""
    surplus = set(data) - {name.rstrip("?~") for name in KINDS[kind]}
    faults = [error.message for error in _validator(kind).iter_errors(data)]
    faults += [f"{name} is not a member" for name in sorted(surplus)]
    if faults:
        raise ValueError(f"{kind}: {'; '.join(faults)}")


def _typed(name: str, kind_of: str) -> dict[str, Any]:
    schema = TYPES[kind_of]
    return {"anyOf": [schema, {"type": "null"}]} if name.endswith("?") else schema


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(kind))
