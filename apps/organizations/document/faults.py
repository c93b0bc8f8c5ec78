"""What is wrong with a document, each fault with its path (P106).

The form is checked by the JSON Schema, with sentences of our own; then the meaning. Size, depth
and NUL come first: they protect the checks and the database.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, cast

import orjson
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from apps.organizations.document.meaning import meaning_faults
from apps.organizations.document.schema import document_schema

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
MOST_FAULTS = 50
Fault = dict[str, str]
WORDS = {
    "minLength": "Needs at least {} characters.",
    "maxLength": "Takes at most {} characters.",
    "minimum": "Must be at least {}.",
    "maximum": "Must be at most {}.",
    "maxItems": "Takes at most {} entries.",
    "maxProperties": "Takes at most {} keys.",
    "pattern": "Does not have the form {}.",
    "const": "Must be {}.",
}
TYPE_WORDS = {
    "object": "an object", "array": "a list", "string": "a text", "integer": "a whole number",
    "number": "a number", "boolean": "true or false", "null": "null",
}  # fmt: skip


def fault(path: str, code: str, message: str) -> Fault:
    """Return a fault in the form of C1's details."""
    return {"field": path, "code": code, "message": message}


def faults_of(document: Any) -> list[Fault]:
    """Return the first faults of a document; an empty list means that it may be saved."""
    if not isinstance(document, dict):
        return [fault("", "type", "The document must be an object.")]
    unsafe = next(_unsafe(document), None)
    if unsafe is not None:
        return [unsafe]
    if len(orjson.dumps(document)) > MAX_BYTES:
        return [fault("", "too_large", f"The document takes at most {MAX_BYTES // 1024} KiB.")]
    found: list[Fault] = []
    for error in _validator().iter_errors(document):
        found += _told(error)
        if len(found) >= MOST_FAULTS:
            return found[:MOST_FAULTS]
    return (found or list(meaning_faults(document)))[:MOST_FAULTS]


def _unsafe(document: dict[str, Any]) -> Iterator[Fault]:
    """Yield what must not reach the schema or the database; without recursion."""
    waiting: list[tuple[Any, tuple[str, ...]]] = [(document, ())]
    while waiting:
        value, path = waiting.pop()
        if len(path) > MAX_DEPTH:
            yield fault(".".join(path[:4]), "too_deep", f"Takes at most {MAX_DEPTH} levels.")
            return
        if isinstance(value, dict):
            for name in value:
                if "\x00" in name:
                    yield fault(".".join(path), "invalid", "A key holds the character NUL.")
            waiting += [(item, (*path, str(name)[:100])) for name, item in value.items()]
        elif isinstance(value, list):
            waiting += [(item, (*path, str(n))) for n, item in enumerate(value)]
        elif isinstance(value, str) and "\x00" in value:
            yield fault(".".join(path), "invalid", "Holds the character NUL.")


@cache
def _validator() -> Any:
    with_patterns: Any = extend  # untyped in its library
    strict = with_patterns(Draft202012Validator, {"pattern": _whole_pattern})
    return strict(document_schema())


def _whole_pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[Any]:
    """Compare as JSON Schema means it: Python's `$` also matches before a line end."""
    strict = rf"{pattern[:-1]}\Z" if pattern.endswith("$") else pattern
    if isinstance(value, str) and not re.search(strict, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _told(error: ValidationError) -> Iterator[Fault]:
    """Yield what an error of the schema means, at its own path."""
    rule: str = str(error.validator)
    tell = TOLD.get(rule)
    if tell is not None:
        yield from tell(error, _path(error))
        return
    code = "too_long" if rule.startswith("max") else "invalid"
    yield fault(".".join(_path(error)), code, WORDS[rule].format(error.validator_value))


def _path(error: ValidationError) -> list[str]:
    return [str(part) for part in error.absolute_path]


def _unknown(error: ValidationError, path: list[str]) -> Iterator[Fault]:
    schema: Any = error.schema
    for name in cast("dict[str, Any]", error.instance):
        if name not in schema.get("properties", {}):
            yield fault(".".join([*path, name[:100]]), "unknown", "There is no such key.")


def _missing(error: ValidationError, path: list[str]) -> Iterator[Fault]:
    """Each missing key is an error of its own; its message begins with the name."""
    name = str(error.message).split("'")[1]
    yield fault(".".join([*path, name]), "required", "This key is missing.")


def _mistyped(error: ValidationError, path: list[str]) -> Iterator[Fault]:
    wanted: Any = error.validator_value
    kinds = [wanted] if isinstance(wanted, str) else wanted
    words = " or ".join(TYPE_WORDS[kind] for kind in kinds)
    yield fault(".".join(path), "type", f"Must be {words}.")


def _not_chosen(error: ValidationError, path: list[str]) -> Iterator[Fault]:
    choices = ", ".join(str(item) for item in cast("list[Any]", error.validator_value))
    yield fault(".".join(path), "invalid_choice", f"Must be one of: {choices}.")


def _repeated(_error: ValidationError, path: list[str]) -> Iterator[Fault]:
    yield fault(".".join(path), "duplicate", "The entries must differ.")


TOLD: dict[str, Callable[[ValidationError, list[str]], Iterator[Fault]]] = {
    "additionalProperties": _unknown,
    "required": _missing,
    "type": _mistyped,
    "enum": _not_chosen,
    "uniqueItems": _repeated,
}
