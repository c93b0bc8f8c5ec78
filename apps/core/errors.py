"""What a service raises when a rule of the domain refuses a request.

The codes are the closed list of C1. A rule that shares a code is told apart by `rule`.
"""

from typing import Any

STATUS_OF = {
    "VALIDATION_ERROR": 400,
    "MALFORMED_REQUEST": 400,
    "INVALID_CURSOR": 400,
    "INVALID_FILTER": 400,
    "AUTHENTICATION_REQUIRED": 401,
    "INVALID_CREDENTIALS": 401,
    "TOKEN_EXPIRED": 401,
    "TOKEN_INVALID": 401,
    "TOKEN_REUSED": 401,
    "MFA_REQUIRED": 401,
    "PERMISSION_DENIED": 403,
    "ACCOUNT_INACTIVE": 403,
    "GATE_CLOSED": 403,
    "FEATURE_DISABLED": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "DUPLICATE": 409,
    "INVALID_TRANSITION": 409,
    "IDEMPOTENCY_IN_PROGRESS": 409,
    "ALREADY_CLAIMED": 409,
    "CONFLICT": 409,
    "GONE": 410,
    "VERSION_CONFLICT": 412,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "IDEMPOTENCY_MISMATCH": 422,
    "BUSINESS_RULE": 422,
    "PAYMENT_DECLINED": 422,
    "PRECONDITION_REQUIRED": 428,
    "RATE_LIMITED": 429,
    "INTERNAL_ERROR": 500,
    "UPSTREAM_ERROR": 502,
    "SERVICE_UNAVAILABLE": 503,
    "CIRCUIT_OPEN": 503,
    "NOT_YET_CONSISTENT": 503,
    "UPSTREAM_TIMEOUT": 504,
}


class DomainError(Exception):
    """Base of every refusal. A subclass sets `code`, `message` and perhaps `rule`.

    `code` is one of `STATUS_OF` and never changes; `message` is for people and may change.
    Keyword arguments become the details. `headers` are sent with the answer.
    """

    code = "BUSINESS_RULE"
    rule = ""
    message = "The request breaks a rule."
    headers: dict[str, str] = {}

    def __init__(self, **details: Any) -> None:
        super().__init__(self.message)
        self.details: Any = ({"rule": self.rule} if self.rule else {}) | details

    @property
    def status(self) -> int:
        """The HTTP status that C1 gives to the code."""
        return STATUS_OF[self.code]


class InvalidFields(DomainError):
    """A body that is shaped right and means nothing; names each field and its fault."""

    code = "VALIDATION_ERROR"
    message = "Please correct the marked fields."

    def __init__(self, **faults: str) -> None:
        super().__init__()
        self.details = [
            {"field": field, "code": "invalid", "message": fault} for field, fault in faults.items()
        ]


class NotFound(DomainError):
    code = "NOT_FOUND"
    message = "There is nothing here for you."


class Unauthenticated(DomainError):
    code = "AUTHENTICATION_REQUIRED"
    message = "Sign in first."
    headers = {"WWW-Authenticate": 'Bearer realm="api"'}


class PermissionDenied(DomainError):
    code = "PERMISSION_DENIED"
    message = "Your role does not allow this."


class InvalidTransition(DomainError):
    code = "INVALID_TRANSITION"
    message = "This cannot follow the present state."


class InvalidFilter(DomainError):
    code = "INVALID_FILTER"
    message = "A query parameter is unknown or has a wrong value."


class InvalidCursor(DomainError):
    code = "INVALID_CURSOR"
    message = "The cursor is not one of this list, or it is older than 24 hours."


class Malformed(DomainError):
    code = "MALFORMED_REQUEST"
    message = "The body is not what its Content-Type says."


class PayloadTooLarge(DomainError):
    code = "PAYLOAD_TOO_LARGE"
    message = "The body is larger than this route accepts."


class VersionConflict(DomainError):
    code = "VERSION_CONFLICT"
    message = "Somebody changed this in the meantime. Load it again and repeat your change."


class PreconditionRequired(DomainError):
    code = "PRECONDITION_REQUIRED"
    message = "This request needs the header Idempotency-Key."


class Unavailable(DomainError):
    code = "SERVICE_UNAVAILABLE"
    message = "The portal is busy. Try again in a moment."
    headers = {"Retry-After": "2"}


class TooSlow(DomainError):
    code = "SERVICE_UNAVAILABLE"
    rule = "statement_timeout"
    message = "This took too long and was stopped. Ask for less, or try again later."
    headers = {"Retry-After": "30"}
