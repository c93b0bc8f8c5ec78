"""Every exception that leaves a view of `/api/v1/` becomes the refusal of C1."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpResponse
from rest_framework import exceptions as drf
from rest_framework.response import Response

from apps.core.context import current
from apps.core.envelope import refusal_body, refusal_of
from apps.core.errors import STATUS_OF, DomainError

CODE_OF: dict[type[Exception], str] = {
    drf.ParseError: "MALFORMED_REQUEST",
    drf.NotAuthenticated: "AUTHENTICATION_REQUIRED",
    drf.AuthenticationFailed: "TOKEN_INVALID",
    drf.PermissionDenied: "PERMISSION_DENIED",
    drf.NotFound: "NOT_FOUND",
    drf.MethodNotAllowed: "METHOD_NOT_ALLOWED",
    drf.NotAcceptable: "NOT_ACCEPTABLE",
    drf.UnsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE",
}
NOTHING_HERE = "There is nothing here for you."


def exception_handler(error: Exception, _context: dict[str, Any]) -> Response | None:
    """Return the refusal of a known exception; None lets an unknown one be a 500."""
    if isinstance(error, DomainError):
        return _response(error.code, error.message, error.details, error.headers)
    if isinstance(error, Http404):
        return _response("NOT_FOUND", NOTHING_HERE, None)
    if isinstance(error, drf.ValidationError):
        faults = list(field_faults(error.get_full_details()))
        return _response("VALIDATION_ERROR", "Please correct the marked fields.", faults)
    if isinstance(error, drf.APIException):
        code = next((code for kind, code in CODE_OF.items() if isinstance(error, kind)), None)
        if code is not None:
            challenge = getattr(error, "auth_header", None)
            headers = {"WWW-Authenticate": str(challenge)} if challenge else None
            return _response(code, str(error.detail), None, headers)
    return None


def as_http(error: DomainError) -> HttpResponse:
    """Return a domain error as a plain response, for code outside DRF."""
    return refusal_of(error)


def field_faults(found: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Yield `{field, code, message}` for each fault; nested fields read `lines.0.quantity`."""
    if isinstance(found, list):
        several = len(found) > 1 or not all(_is_fault(item) for item in found)
        for place, item in enumerate(found):
            name = field if _is_fault(item) or not several else f"{field}.{place}".lstrip(".")
            yield from field_faults(item, name)
    elif _is_fault(found):
        yield {"field": field, "code": found["code"], "message": str(found["message"])}
    else:
        for name, item in found.items():
            part = "" if name == "non_field_errors" else name
            yield from field_faults(item, f"{field}.{part}".strip("."))


def _is_fault(item: Any) -> bool:
    return isinstance(item, dict) and set(item) == {"code", "message"}


def _response(
    code: str, message: str, details: Any, headers: dict[str, str] | None = None
) -> Response:
    body = refusal_body(code, message, details, current())
    response = Response(body, status=STATUS_OF[code], headers=headers)
    response.exception = True
    return response
