"""Whether an answer holds what a recorded answer, or a page, expects of it."""

import re
from collections.abc import Iterator
from typing import Any

from tests.contract.recorded import ABSENT, OTHER_KIND

MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\.\d{3}Z)?")
TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


def kind_of(value: Any) -> str:
    """Return the JSON type of a value."""
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}
    return "null" if value is None else kinds.get(type(value), "object")


def differences(old: Any, ours: Any, numbers: set[str], path: str = "") -> Iterator[str]:
    """Yield what of `old` is missing in `ours` or has another JSON type.

    Null and empty members of the old answer may be absent. A field in `numbers` was text and is a
    number now, because the pages count with it.
    """
    name = path.rpartition(".")[2]
    if old is None or ours is None or name in OTHER_KIND:
        return
    kinds = kind_of(old), kind_of(ours)
    if kinds[0] != kinds[1]:
        if not (name in numbers and kinds[1] == "number"):
            yield f"{path}: {kinds[0]} became {kinds[1]}"
    elif isinstance(old, dict):
        yield from _of_members(old, ours, numbers, path)
    elif isinstance(old, list) and old and ours:
        yield from differences(old[0], ours[0], numbers, path)


def _of_members(old: Any, ours: Any, numbers: set[str], path: str) -> Iterator[str]:
    for key, value in old.items():
        where = f"{path}.{key}".lstrip(".")
        if key in ours:
            yield from differences(value, ours[key], numbers, where)
        elif value not in (None, "", [], {}) and key not in ABSENT:
            yield f"{where}: missing"


def faults_of(reads: list[dict[str, Any]], body: Any) -> Iterator[str]:
    """Yield each field that a page reads and that is missing or of another type."""
    for read in reads:
        steps = read["field"].replace("[]", ".[]").split(".")
        found = list(_values(body, [step for step in steps if step not in {"", "$"}]))
        if read["required"] and not found:
            yield f"{read['field']}: missing"
        for value in found:
            if value is None and not read["required"]:
                continue
            if not _fits(value, read["type"]):
                yield f"{read['field']}: {value!r} is no {read['type']}"


def _values(value: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        yield value
    elif steps[0] == "[]":
        for item in value if isinstance(value, list) else []:
            yield from _values(item, steps[1:])
    elif isinstance(value, dict) and steps[0] in value:
        yield from _values(value[steps[0]], steps[1:])


def _fits(value: Any, kind: str) -> bool:
    if kind == "any":
        return True
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "ISO 8601 string":
        return isinstance(value, str) and bool(MOMENT.fullmatch(value))
    if kind == "JWT string":
        return isinstance(value, str) and bool(TOKEN.fullmatch(value))
    return kind_of(value) == kind
