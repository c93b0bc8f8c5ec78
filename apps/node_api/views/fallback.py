"""Health, and what a path answers that nobody serves."""

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from apps.core import clock
from apps.node_api.answers import answer, unknown_route

OTHER_FACE = ("v1", "docs", "redoc")


@transaction.non_atomic_requests
def health(request: HttpRequest) -> HttpResponse:
    """Alive; no table is asked."""
    if request.method not in {"GET", "HEAD"}:
        return unknown_route(request.method or "")
    body = {
        "status": "OK", "timestamp": clock.iso(clock.now()), "environment": settings.ENVIRONMENT,
    }  # fmt: skip
    return answer(body)


@transaction.non_atomic_requests
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """Return the old 404; raises Http404 for paths that belong to the versioned face."""
    if rest.partition("/")[0] in OTHER_FACE:
        raise Http404
    return unknown_route(request.method or "")
