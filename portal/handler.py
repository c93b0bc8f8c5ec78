"""Django's WSGI handler, which remembers where a path leads.

Trying a path against all routes costs 0.04 ms, a tenth of a list request. Paths are public, so
a match says nothing about anybody; a path that leads nowhere is not remembered.
"""

from functools import lru_cache

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.urls import ResolverMatch, get_resolver

PATHS = 4096
LONGEST_PATH = 200


class Handler(WSGIHandler):
    """Serves requests; routes are those of ROOT_URLCONF alone."""

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """Return the view of the path and its arguments. Raises Resolver404."""
        path = request.path_info
        match = _match(path) if len(path) <= LONGEST_PATH else get_resolver().resolve(path)
        request.resolver_match = match
        return match


@lru_cache(maxsize=PATHS)
def _match(path: str) -> ResolverMatch:
    return get_resolver().resolve(path)
