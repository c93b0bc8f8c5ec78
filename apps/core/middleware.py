"""Around every request: its ids, its time, its log line, and the headers that all answers have."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import DisallowedHost
from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from apps.core import context, cors, metrics
from apps.core.api import anonymous_standing
from apps.core.direct import DirectWay, is_direct
from apps.core.envelope import refusal
from apps.core.errors import PayloadTooLarge
from apps.core.headers import prepared, put, put_missing
from apps.core.logs import log
from apps.core.refusals import as_http
from apps.core.sites import is_served

GetResponse = Callable[[HttpRequest], HttpResponseBase]
API = "/api/"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
)
# The API pages style themselves inline, and ReDoc works in a worker of its own making.
DOCUMENT_POLICY = CONTENT_SECURITY_POLICY.replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'; worker-src blob:"
)
# The admin's theme evaluates expressions in its markup. Only signed-in people of the studio come
# there, and no text of a client is shown unescaped.
ADMIN_POLICY = DOCUMENT_POLICY.replace(
    "script-src 'self'", "script-src 'self' 'unsafe-inline' 'unsafe-eval'"
)
POLICIES = {"/admin/": ADMIN_POLICY, "/api/docs": DOCUMENT_POLICY, "/api/redoc": DOCUMENT_POLICY}


class RequestMiddleware:
    """Names the request, strips a slash at the end of API paths (X20), times and logs it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.direct = DirectWay()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve the request inside its context and add the headers of every answer."""
        now = _context_of(request)
        context.enter(now)
        path = request.path_info
        if path.startswith(API) and path.endswith("/"):
            request.path_info = path.rstrip("/")
        way = self.direct.serve if is_direct(path) else self.get_response
        is_versioned = path.startswith(cors.PREFIX)
        response = (
            _refused_host(request, now)
            or self._too_large(request)
            or (cors.preflight(request) if is_versioned else None)
            or way(request)
        )
        if is_versioned:
            _announce(request, response)
            cors.mark(request, response)
        _add_headers(request, response, now)
        _record(request, response, now)
        return response

    @staticmethod
    def _too_large(request: HttpRequest) -> HttpResponse | None:
        if request.META.get("CONTENT_TYPE", "").startswith("multipart/"):
            return None  # uploads count while they stream
        if request.path_info.startswith(API) and not request.path_info.startswith("/api/v1"):
            return None  # the old face has a limit and a refusal of its own
        limit = settings.JSON_BODY_BYTES
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > limit:
            return as_http(PayloadTooLarge(limit_bytes=limit))
        return None


def _refused_host(request: HttpRequest, now: context.RequestContext) -> HttpResponseBase | None:
    """Refuse a host that nobody here goes by, before anything believes it."""
    if is_served(now.host):
        return None
    request.META["HTTP_HOST"] = ""  # no link, redirect or log repeats it
    if is_direct(request.path_info):
        return refusal("MALFORMED_REQUEST", "This host is not served here.")
    return response_for_exception(request, DisallowedHost("This host is not served here."))


def _announce(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let also an answer that no limit has counted tell where its address stands (P18)."""
    known = getattr(request, "rate_standing", None)
    if known is None and "RateLimit-Limit" not in response.headers:
        request.rate_standing = anonymous_standing(request, cost=0)  # type: ignore[attr-defined]


def _context_of(request: HttpRequest) -> context.RequestContext:
    meta = request.META
    return context.RequestContext(
        request_id=context.request_id_from(meta.get("HTTP_X_REQUEST_ID", "")),
        traceparent=context.traceparent_from(meta.get("HTTP_TRACEPARENT", "")),
        address=_address(request),
        user_agent=meta.get("HTTP_USER_AGENT", "")[:300],
        host=meta.get("HTTP_HOST") or meta.get("SERVER_NAME", ""),
    )


def _address(request: HttpRequest) -> str:
    """Return the caller's address; proxies are believed only as many as the setting says."""
    chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    trusted: int = settings.TRUSTED_PROXIES
    if trusted and len(chain) >= trusted and chain[-trusted]:
        request.META["REMOTE_ADDR"] = chain[-trusted]
    return str(request.META.get("REMOTE_ADDR", ""))


def _add_headers(
    request: HttpRequest, response: HttpResponseBase, now: context.RequestContext
) -> None:
    put(response, "X-Request-ID", str(now.request_id))
    put(response, "Server-Timing", f"app;dur={now.duration_ms}")
    standing = getattr(request, "rate_standing", None)
    if standing is not None:
        for name, value in standing.headers().items():
            put(response, name, value)
    is_of_the_api = request.path_info.startswith(API)
    policy = _policy(request.path_info)
    put_missing(response, _FIXED_FOR_API[policy] if is_of_the_api else _FIXED[policy])


_FIXED = {
    policy: prepared({"Content-Security-Policy": policy})
    for policy in (CONTENT_SECURITY_POLICY, *POLICIES.values())
}
_FIXED_FOR_API = {
    policy: {**headers, **prepared({"Cache-Control": "no-store"})}
    for policy, headers in _FIXED.items()
}


def _policy(path: str) -> str:
    found = (policy for prefix, policy in POLICIES.items() if path.startswith(prefix))
    return next(found, CONTENT_SECURITY_POLICY)


def _record(request: HttpRequest, response: HttpResponseBase, now: context.RequestContext) -> None:
    match = request.resolver_match
    route = match.route if match else "unknown"
    metrics.count_request(request.method or "", route, response.status_code, now.duration_ms)
    if settings.LOG_REQUESTS:
        log.info(
            "request",
            extra={
                "method": request.method,
                "route": route,
                "status": response.status_code,
                "duration_ms": now.duration_ms,
                "address": now.address,
            },
        )


class _OnlyForPages:
    """Skips the cookie machinery for the API, whose credential is a header."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(API):
            return self.get_response(request)  # type: ignore[no-any-return]
        return super().__call__(request)  # type: ignore[misc,no-any-return]


class PageSessionMiddleware(_OnlyForPages, SessionMiddleware):
    """Django's sessions, for the admin."""


class PageAuthenticationMiddleware(_OnlyForPages, AuthenticationMiddleware):
    """Django's users, for the admin."""


class PageMessageMiddleware(_OnlyForPages, MessageMiddleware):
    """Django's notices, for the admin."""


class PageCsrfMiddleware(_OnlyForPages, CsrfViewMiddleware):
    """Django's check of forms. The API takes its credential from a header, never by itself."""

    def process_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Check pages; the old face checks the one cookie that it knows by itself."""
        if request.path_info.startswith(API):
            return None
        return super().process_view(request, *args, **kwargs)
