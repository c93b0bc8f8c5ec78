"""Django's WSGI handler, made short for reads of the API.

It remembers where a path leads: trying it against all routes costs 0.04 ms, a tenth of a list
request. Paths are public, so a match says nothing about anybody; a path that leads nowhere is not
remembered.
"""

from functools import lru_cache
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections, connection
from django.http import HttpRequest
from django.urls import ResolverMatch, get_resolver

from apps.core.direct import is_direct

PATHS = 4096
LONGEST_PATH = 200


class Handler(WSGIHandler):
    """Serves requests; routes are those of ROOT_URLCONF alone."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Serve a request; reads of the API without the signals around others.

        Their receivers close broken connections and forget logged queries: the first is looked
        after here, the second happens only while somebody debugs. They cost a quarter of a short
        request.
        """
        is_read = environ["REQUEST_METHOD"] == "GET" and is_direct(environ.get("PATH_INFO", ""))
        if not is_read or environ.get("SCRIPT_NAME"):
            return super().__call__(environ, start_response)
        response: Any = self.get_response(self.request_class(environ))
        if connection.errors_occurred:
            close_old_connections()
        status = f"{response.status_code} {response.reason_phrase}"
        cookies = [("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()]
        start_response(status, [*response.items(), *cookies])
        return response if response.streaming else [response.content]

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """Return the view of the path and its arguments. Raises Resolver404."""
        path = request.path_info
        match = _match(path) if len(path) <= LONGEST_PATH else get_resolver().resolve(path)
        request.resolver_match = match
        return match


@lru_cache(maxsize=PATHS)
def _match(path: str) -> ResolverMatch:
    return get_resolver().resolve(path)
