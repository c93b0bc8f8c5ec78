"""From a refusal of the services to the old server's status and words."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpResponse

from apps.core.errors import DomainError
from apps.core.refusals import field_faults
from apps.node_api.answers import refused, refused_by_framework

SECRET_FIELDS = {"password", "refreshToken", "token"}
TOO_MANY = "Too many requests from this IP, please try again later."
WORDS: dict[str, tuple[int, str]] = {
    "AUTHENTICATION_REQUIRED": (401, "Access token required"),
    "TOKEN_EXPIRED": (401, "Invalid or expired token"),
    "TOKEN_INVALID": (401, "Invalid or expired token"),
    "TOKEN_REUSED": (401, "Invalid or expired token"),
    "INVALID_CREDENTIALS": (401, "Invalid credentials"),
    "ACCOUNT_INACTIVE": (403, "Account is disabled"),
    "PERMISSION_DENIED": (403, "Admin access required"),
}
PLAIN_STATUS = {412: 409, 415: 400, 422: 400, 428: 400}  # what the old callers do not know


class InvalidForm(DomainError):
    """A body, query or path with faults; `details` are in the old spelling, all of them."""

    code = "VALIDATION_ERROR"
    message = "Validation failed"

    def __init__(self, details: list[Any]) -> None:
        super().__init__()
        self.details = details


class Said(DomainError):
    """A refusal whose status and text the old server's callers know."""

    def __init__(self, status: int, text: str, code: str = "") -> None:
        super().__init__()
        self.answer_status, self.message, self.old_code = status, text, code


def fault(
    path: str, text: str, location: str = "body", given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return one detail; `field` and `path`, `message` and `msg` say the same."""
    detail: dict[str, Any] = {
        "type": "field", "field": path, "path": path, "message": text, "msg": text,
        "location": location,
    }  # fmt: skip
    if given is not None and path in given and path not in SECRET_FIELDS:
        detail["value"] = given[path]
    return detail


def faults_of(found: Any, given: Mapping[str, Any], location: str) -> list[dict[str, Any]]:
    """Return the details of a serializer's faults; `found` is its `get_full_details()`."""
    return [fault(item["field"], item["message"], location, given) for item in field_faults(found)]


def refusal(error: DomainError, thing: str) -> HttpResponse:
    """Return the answer to `error`; `thing` is what the route is about, such as `Project`."""
    if isinstance(error, Said):
        return refused(error.answer_status, error.message, **_code(error.old_code))
    if error.code == "RATE_LIMITED":
        return HttpResponse(TOO_MANY, content_type="text/plain", status=429, headers=error.headers)
    if error.code == "MALFORMED_REQUEST":
        return refused_by_framework(400, error.message)
    if error.code == "VALIDATION_ERROR":
        return refused(400, "Validation failed", list(_details(error)))
    if error.code == "NOT_FOUND":
        return refused(404, f"{thing} not found")
    status, text = WORDS.get(error.code, (error.status, error.message))
    if error.rule:  # it says more than the old words, for example whose file it is
        text = error.message
    response = refused(PLAIN_STATUS.get(status, status), text)
    for name, value in error.headers.items():
        response[name] = value
    return response


def _code(code: str) -> dict[str, str]:
    return {"code": code} if code else {}


def _details(error: DomainError) -> Iterator[Any]:
    """Yield the details of a service's refusal in the old spelling."""
    if isinstance(error, InvalidForm):
        yield from error.details
        return
    for item in error.details:
        yield fault(item["field"], item["message"])
