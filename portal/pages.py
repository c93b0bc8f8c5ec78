"""The shell of the web client, the health routes, and what unknown routes and crashes answer."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core import health, metrics
from apps.core.context import current
from apps.core.envelope import refusal
from apps.node_api.answers import refused
from apps.organizations.services import organization_of_host
from portal.branding import brand_of
from portal.references import openapi_json

THEMES = ("light", "dark")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The one page of the web client; what it shows it reads from `/api/v1/`."""
    organization = organization_of_host(request.get_host())
    theme = request.COOKIES.get("theme", "")
    response = render(
        request,
        "client/index.html",
        {
            "organization_name": organization.name if organization else "Portico",
            "theme": theme if theme in THEMES else "",
        }
        | brand_of(organization),
    )
    response["Cache-Control"] = "no-cache"
    return response


# -- health ---------------------------------------------------------------------------------


@transaction.non_atomic_requests
@require_safe
def health_report(request: HttpRequest) -> HttpResponse:
    """`healthy` or `degraded` with a word for each check; always 200 (C5)."""
    return JsonResponse(health.report(health.states()))


@transaction.non_atomic_requests
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Alive: nothing is asked."""
    return HttpResponse(b'{"status": "ok"}', content_type="application/json")


@transaction.non_atomic_requests
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when database and migrations allow serving, else 503; times of each check (R199)."""
    results = health.states()
    database = results["database"].state
    migrated = database == health.HEALTHY and _migrated()
    checks: dict[str, Any] = {
        name: {"status": result.state, "latency_ms": result.latency_ms}
        for name, result in results.items()
    }
    checks["migrations"] = {"status": health.HEALTHY if migrated else health.UNHEALTHY}
    body = {"status": "ready" if migrated else "not_ready", "checks": checks}
    return JsonResponse(body, status=200 if migrated else 503)


@transaction.non_atomic_requests
@require_safe
def metrics_text(request: HttpRequest) -> HttpResponse:
    """All figures in the Prometheus text format."""
    return HttpResponse(metrics.exposition(), content_type="text/plain; version=0.0.4")


def _migrated() -> bool:
    """Whether every migration has run; asked once, since a running process cannot lose one."""
    if not _known.get("migrated"):
        executor = MigrationExecutor(connection)
        _known["migrated"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _known["migrated"]


_known: dict[str, bool] = {}


@transaction.non_atomic_requests
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, made once a process (P35)."""
    response = HttpResponse(openapi_json(), content_type="application/json")
    response["Cache-Control"] = "public, max-age=300"
    return response


# -- errors outside of views ----------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A host, header or form that Django refuses."""
    return _answer(request, "MALFORMED_REQUEST", "The request could not be understood.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A page that may not be opened."""
    return _answer(request, "PERMISSION_DENIED", "Your role does not allow this.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """An unknown route: the same words as for a foreign id."""
    return _answer(request, "NOT_FOUND", "There is nothing here for you.")


def server_error(request: HttpRequest) -> HttpResponse:
    """A crash: it is logged with the request id that the answer names."""
    message = "Something broke on our side. Nothing was changed. Please try again."
    return _answer(request, "INTERNAL_ERROR", message)


PAGE_OF: Mapping[str, str] = {
    "NOT_FOUND": "client/404.html",
    "PERMISSION_DENIED": "client/404.html",
    "MALFORMED_REQUEST": "client/404.html",
    "INTERNAL_ERROR": "client/500.html",
}


def _answer(request: HttpRequest, code: str, message: str) -> HttpResponse:
    answer = refusal(code, message)
    if request.path_info.startswith("/api/v1"):
        return answer
    if request.path_info.startswith("/api/"):
        return refused(answer.status_code, message)
    context = {"request_id": current().request_id, "message": message}
    return render(request, PAGE_OF[code], context, status=answer.status_code)
