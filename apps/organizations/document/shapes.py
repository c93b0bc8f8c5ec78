"""Short ways to write JSON Schema 2020-12. Every text, list and number is bounded."""

from typing import Any

Schema = dict[str, Any]

NAME = r"^[a-z][a-z0-9_]{0,39}$"
SLUG = r"^[a-z][a-z0-9_-]{0,39}$"
HOST = r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$"
ORIGIN = (
    r"^(https://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|http://(localhost|127\.0\.0\.1))"
    r"(:[1-9][0-9]{0,4})?$"
)
RATE = r"^[1-9][0-9]{0,7}/([1-9][0-9]{0,3})?[smhd]$"
KIND = r"^(\*|#|[a-z_]{1,40}\.(\*|[a-z_]{1,60})|\*\.[a-z_]{1,60})$"
COLOUR = r"^#[0-9a-f]{6}$"
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def record(properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """An object with these keys and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def text(most: int, *, least: int = 1, pattern: str = "") -> Schema:
    """A text of `least` to `most` characters."""
    schema: Schema = {"type": "string", "minLength": least, "maxLength": most}
    return schema | ({"pattern": pattern} if pattern else {})


def whole(least: int, most: int) -> Schema:
    """An integer within its bounds, both allowed."""
    return {"type": "integer", "minimum": least, "maximum": most}


def number(least: float, most: float) -> Schema:
    """A number within its bounds, both allowed."""
    return {"type": "number", "minimum": least, "maximum": most}


def flag() -> Schema:
    """True or false."""
    return {"type": "boolean"}


def choice(*values: Any) -> Schema:
    """One of these values."""
    return {"enum": list(values)}


def list_of(item: Schema, most: int, *, unique: bool = False) -> Schema:
    """A list of at most `most` items."""
    return {"type": "array", "items": item, "maxItems": most, "uniqueItems": unique}


def map_of(value: Schema, most: int, pattern: str = r"^.{1,100}$") -> Schema:
    """An object with free keys of one form."""
    return {
        "type": "object",
        "propertyNames": {"pattern": pattern},
        "additionalProperties": value,
        "maxProperties": most,
    }


def or_null(schema: Schema) -> Schema:
    """The schema, or null. The schema has one type."""
    return schema | {"type": [schema["type"], "null"]}


def by_key(key: str, shapes: dict[str, Schema]) -> Schema:
    """An object whose `key` says which of the shapes it has; faults name their own path."""
    return {
        "type": "object",
        "required": [key],
        "properties": {key: choice(*shapes)},
        "allOf": [
            {"if": {"properties": {key: {"const": name}}, "required": [key]}, "then": shape}
            for name, shape in shapes.items()
        ],
    }


def text_or(words: tuple[str, ...], schema: Schema) -> Schema:
    """One of the plain words, or what the schema says."""
    return {
        "type": ["string", schema["type"]],
        "if": {"type": "string"},
        "then": choice(*words),
        "else": schema,
    }


ANY_TEXT = text(2000, least=0)
SECRET = record({"secret_ref": text(40, pattern=NAME)}, ("secret_ref",))
PLAIN: Schema = {"type": ["string", "number", "boolean", "null"], "maxLength": 2000}
# A value of settings that belong to a connector: it knows them better than this document.
SETTING: Schema = {
    "type": ["string", "number", "boolean", "null", "object", "array"],
    "maxLength": 2000,
    "maxItems": 50,
    "maxProperties": 50,
    "items": {"type": ["string", "number", "boolean", "null", "object"], "maxLength": 2000},
}
ROLES = ("owner", "admin", "staff", "accountant", "client")
