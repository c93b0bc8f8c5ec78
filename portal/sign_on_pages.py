"""Where providers send people back to: pages, because a browser comes here and no program.

The callback of OpenID Connect is a GET that changes state. The protocol wants it so, and only the
browser that began can use it, once (ADR 10). Whatever fails ends on one page with a way back.
"""

from collections.abc import Callable
from urllib.parse import quote

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.sending_on import sent_on
from apps.accounts.services import Finished, finish_oauth, finish_saml
from apps.core.api import standing_of
from apps.core.context import current
from apps.core.errors import DomainError, NotFound
from apps.organizations.models import Organization
from apps.organizations.services import organization_of_slug

Finish = Callable[[Organization], Finished]


@transaction.non_atomic_requests
@require_safe
def callback(request: HttpRequest, slug: str, provider: str) -> HttpResponse:
    """A browser comes back from an OpenID Connect provider."""
    query, cookies = request.GET.dict(), request.COOKIES
    return _page(request, slug, lambda tenant: finish_oauth(tenant, provider, query, cookies))


@transaction.non_atomic_requests
@csrf_exempt
@require_POST
def consume_assertion(request: HttpRequest, slug: str, provider: str) -> HttpResponse:
    """A browser posts what a SAML provider asserts; the form is the provider's, its state ours."""
    form, cookies = request.POST.dict(), request.COOKIES
    return _page(request, slug, lambda tenant: finish_saml(tenant, provider, form, cookies))


def _page(request: HttpRequest, slug: str, finish: Finish) -> HttpResponse:
    """Send the browser on to the web client with its code, or show what went wrong."""
    organization = organization_of_slug(slug)
    try:
        standing_of(request)
        if organization is None or request.method == "HEAD":
            raise NotFound
        finished = finish(organization)
    except DomainError as error:
        response = _fault(request, organization, error)
    else:
        wanted = f"?next={quote(finished.destination, safe='')}" if finished.destination else ""
        response = sent_on(request, finished.membership, method=finished.method, query=wanted)
        response.delete_cookie(finished.cookie)
    response["Cache-Control"] = "no-store"
    return response


def _fault(
    request: HttpRequest, organization: Organization | None, error: DomainError
) -> HttpResponse:
    rule = error.details.get("rule", "") if isinstance(error.details, dict) else ""
    context = {
        "organization_name": organization.name if organization else "Portico",
        "message": error.message,
        "code": error.code,
        "rule": rule,
        "request_id": current().request_id,
    }
    response = render(request, "client/sign_on_fault.html", context, status=error.status)
    for name, value in error.headers.items():
        response[name] = value
    return response
