"""`POST /oauth/token`: client credentials for machines, in the shapes of RFC 6749.

The answers are those of sections 5.1 and 5.2 and not of C1: what stands outside `/api/v1/` speaks
as its own standard does.
"""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.accounts.errors import UnknownClient, WrongScope
from apps.accounts.services import Grant, grant_token
from apps.core import throttles
from apps.core.api import standing_of

FORM = "application/x-www-form-urlencoded"
PRIVATE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CHALLENGE = {"WWW-Authenticate": 'Basic realm="oauth", charset="UTF-8"'}
LONGEST = 2000
PAIR = 2  # an id and a secret


@csrf_exempt
@transaction.non_atomic_requests
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Answer with an access token for the credentials of a service account.

    Guessing is held back by the limit for addresses without a credential.
    """
    try:
        request.rate_standing = standing_of(request)  # type: ignore[attr-defined]
    except throttles.RateLimited as error:
        return _refusal("temporarily_unavailable", "Too many requests.", 429, error.headers)
    if request.content_type != FORM:
        return _refusal("invalid_request", f"Send {FORM}.")
    try:
        form = dict(request.POST.lists())
    except RequestDataTooBig:
        return _refusal("invalid_request", "The request is too long.")
    if any(len(texts) > 1 or len(texts[0]) > LONGEST for texts in form.values()):
        return _refusal("invalid_request", "A parameter is repeated or too long.")
    return _answer(request, {name: texts[0] for name, texts in form.items()})


def _answer(request: HttpRequest, form: dict[str, str]) -> HttpResponse:
    if not form.get("grant_type"):
        return _refusal("invalid_request", "grant_type is missing.")
    if form["grant_type"] != "client_credentials":
        return _refusal("unsupported_grant_type", "Only client_credentials is served.")
    client = _client(request, form)
    if client is not None and len(client) > PAIR:
        return _refusal("invalid_request", "Use one way to say who you are, not two.")
    try:
        grant = _granted(client, form.get("scope", "").split())
    except UnknownClient as error:
        return _refusal("invalid_client", error.message, 401, CHALLENGE)
    except WrongScope as error:
        return _refusal("invalid_scope", error.message)
    body = {
        "access_token": grant.access_token, "token_type": "Bearer",
        "expires_in": grant.expires_in, "scope": " ".join(grant.scopes),
    }  # fmt: skip
    return JsonResponse(body, headers=PRIVATE)


def _granted(client: tuple[str, ...] | None, scopes: list[str]) -> Grant:
    if client is None:
        raise UnknownClient
    return grant_token(client_id=client[0], client_secret=client[1], scopes=scopes)


def _client(request: HttpRequest, form: dict[str, str]) -> tuple[str, ...] | None:
    """Return id and secret; None without them, and more than two for both ways at once."""
    in_body = tuple(form[name] for name in ("client_id", "client_secret") if form.get(name))
    scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic":
        return in_body if len(in_body) == PAIR else None
    try:
        decoded = base64.b64decode(text.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    name, colon, secret = decoded.partition(":")
    if not colon:
        return None
    return (unquote_plus(name), unquote_plus(secret), *in_body)  # section 2.3.1


def _refusal(
    error: str, description: str, status: int = 400, headers: dict[str, str] | None = None
) -> HttpResponse:
    body: dict[str, Any] = {"error": error, "error_description": description}
    return JsonResponse(body, status=status, headers={**PRIVATE, **(headers or {})})
