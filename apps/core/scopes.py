"""What an API key may reach: `<area>:read` or `<area>:write`, derived from the views (P17).

The area of a view is its own attribute `area`, else the name of its app. An app whose routes make
or change credentials is closed to keys as a whole; a view of it opens itself by naming an area,
and with `keys_read_only` for its reads alone.
"""

from typing import Any

from apps.core.actors import Actor
from apps.core.errors import DomainError

READING = frozenset({"GET", "HEAD", "OPTIONS"})
CLOSED = "-"
CLOSED_APPS = frozenset({"accounts"})


class ScopeMissing(DomainError):
    code = "PERMISSION_DENIED"
    rule = "scope_missing"
    message = "This key lacks the scope that the request needs."


class NotForKeys(DomainError):
    code = "PERMISSION_DENIED"
    rule = "not_for_keys"
    message = "No API key reaches this. Sign in as a person."


class TakenAway(DomainError):
    code = "PERMISSION_DENIED"
    rule = "taken_away"
    message = "Your role does not allow this."


def area_of(view: type[Any]) -> str:
    """Return the area of a view class, or `CLOSED`."""
    named: str = getattr(view, "area", "")
    if named:
        return named
    app = view.__module__.split(".")[1]
    return CLOSED if app in CLOSED_APPS else app


def needed_scope(view: type[Any], method: str) -> str | None:
    """Return the scope that a method of a view needs; None where no key comes in."""
    area, reads = area_of(view), method in READING
    if area == CLOSED or (view.keys_read_only and not reads):
        return None
    return f"{area}:{'read' if reads else 'write'}"


def check_reach(view: type[Any], actor: Actor, method: str) -> None:
    """Raise ScopeMissing or NotForKeys for a key, TakenAway for a read that a role lost."""
    if actor.scopes is None and not actor.denied:
        return
    scope = needed_scope(view, method)
    if actor.scopes is not None:
        if scope is None:
            raise NotForKeys
        if scope not in actor.scopes:
            raise ScopeMissing(scope=scope)
    if scope is not None and method in READING and scope.replace(":", ".") in actor.denied:
        raise TakenAway
