"""The closed list of scopes, made from the routes (P17): a new area brings its own."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from apps.core.scopes import needed_scope

PREFIX = "api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")


@cache
def known_scopes() -> frozenset[str]:
    """Return every scope that some route needs."""
    needed = (
        needed_scope(view, method.upper())
        for _path, view in versioned_views()
        for method in METHODS
        if hasattr(view, method)
    )
    return frozenset(scope for scope in needed if scope is not None)


@cache
def example_path(scopes: tuple[str, ...]) -> str | None:
    """Return a path that one of the scopes reads, without an id in it."""
    for path, view in versioned_views():
        if "<" not in path and hasattr(view, "get") and needed_scope(view, "GET") in scopes:
            return f"/{path}"
    return None


def versioned_views() -> Iterator[tuple[str, type[Any]]]:
    """Yield the path and the view class of each route under `/api/v1/` that asks who calls."""
    for path, view, _name in _views():
        if not view.public:
            yield path, view


def versioned_routes() -> Iterator[tuple[str, type[Any], str, str]]:
    """Yield path, view class, method and name of all that can be asked under `/api/v1/`."""
    for path, view, name in _views():
        for method in METHODS:
            if hasattr(view, method):
                yield path, view, method.upper(), name


def _views() -> Iterator[tuple[str, type[Any], str]]:
    for path, pattern in _routes(get_resolver().url_patterns, ""):
        view: Any = getattr(pattern.callback, "view_class", None)
        if path.startswith(PREFIX) and view is not None and hasattr(view, "area"):
            yield path, view, pattern.name or path


def _routes(patterns: Any, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, path)
        else:
            yield path, pattern
