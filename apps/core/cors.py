"""Calls from pages of other origins, as each organization allows them (P19).

An origin is named whole and never by `*`. No credentials of the browser are asked for: the API
takes a token from a header, which a foreign page must already have. Only `/api/v1/` answers so.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

from apps.core.headers import put
from apps.core.sites import site_of

PREFIX = "/api/v1/"
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
HEADERS = (
    "Authorization, Content-Type, Accept, Accept-Language, Idempotency-Key, If-Match, "
    "If-None-Match, Range, X-Organization, X-Request-ID, traceparent"
)
EXPOSED = (
    "Content-Disposition, ETag, Idempotent-Replayed, Link, Location, RateLimit-Limit, "
    "RateLimit-Remaining, RateLimit-Reset, Retry-After, Server-Timing, X-Request-ID"
)
KEPT_SECONDS = "600"


def preflight(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a browser's question before a call; None when it is no such question."""
    meta = request.META
    if request.method != "OPTIONS" or "HTTP_ACCESS_CONTROL_REQUEST_METHOD" not in meta:
        return None
    if not _is_allowed(request):
        return None  # without the headers the browser refuses by itself
    response = HttpResponse(headers={"Content-Length": "0"})
    del response.headers["Content-Type"]
    put(response, "Access-Control-Allow-Methods", METHODS)
    put(response, "Access-Control-Allow-Headers", HEADERS)
    put(response, "Access-Control-Max-Age", KEPT_SECONDS)
    return response


def mark(request: HttpRequest, response: HttpResponseBase) -> None:
    """Tell browsers whether the page that asked may read the answer."""
    if "Vary" in response.headers:
        patch_vary_headers(response, ["Origin"])
    else:
        put(response, "Vary", "Origin")
    if "HTTP_ORIGIN" in request.META and _is_allowed(request):
        response.headers["Access-Control-Allow-Origin"] = request.META["HTTP_ORIGIN"]
        put(response, "Access-Control-Expose-Headers", EXPOSED)


def _is_allowed(request: HttpRequest) -> bool:
    origin = request.META.get("HTTP_ORIGIN", "")
    return bool(origin) and origin in site_of(request.get_host()).origins
