"""Two documents compared, one laid over another, and a merge patch applied (RFC 7396)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One difference in the manner of RFC 6902; `path` is a JSON Pointer (RFC 6901)."""

    op: str
    path: str
    before: Any = None
    after: Any = None

    def shown(self) -> dict[str, Any]:
        """Return the change as it is on the wire."""
        return {"op": self.op, "path": self.path, "before": self.before, "after": self.after}


def differences(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """Yield what must happen to `before` to become `after`; lists are compared item by item."""
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = {name: (before.get(name), after.get(name)) for name in sorted({*before, *after})}
        for name, (old, new) in pairs.items():
            place = f"{path}/{_escaped(name)}"
            yield from _of_member(place, (name in before, old), (name in after, new))
    elif isinstance(before, list) and isinstance(after, list):
        for n in range(max(len(before), len(after))):
            old, new = _item(before, n), _item(after, n)
            yield from _of_member(f"{path}/{n}", old, new)
    elif type(before) is not type(after) or before != after:
        yield Change("replace", path, before, after)


def _of_member(path: str, old: tuple[bool, Any], new: tuple[bool, Any]) -> Iterator[Change]:
    if not old[0]:
        yield Change("add", path, after=new[1])
    elif not new[0]:
        yield Change("remove", path, before=old[1])
    else:
        yield from differences(old[1], new[1], path)


def _item(items: list[Any], n: int) -> tuple[bool, Any]:
    return (True, items[n]) if n < len(items) else (False, None)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def merge_patch(target: Any, patch: Any) -> Any:
    """Return `target` with a JSON Merge Patch applied: null removes a key (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def laid_over(below: Any, above: Any) -> Any:
    """Return `above` where it says something, else `below`; lists count as one value."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    merged = dict(below)
    for name, value in above.items():
        merged[name] = laid_over(below[name], value) if name in below else value
    return merged
