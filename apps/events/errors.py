"""Refusals about idempotency keys (`integration.md`, section 10)."""

from apps.core.errors import DomainError


class KeyOfAnotherBody(DomainError):
    code = "IDEMPOTENCY_MISMATCH"
    message = "This Idempotency-Key was used with another body."


class StillRunning(DomainError):
    code = "IDEMPOTENCY_IN_PROGRESS"
    message = "The first request with this Idempotency-Key is still running."
    headers = {"Retry-After": "1"}


class WrongKey(DomainError):
    code = "VALIDATION_ERROR"
    message = "Idempotency-Key must have 1 to 255 visible ASCII characters."
