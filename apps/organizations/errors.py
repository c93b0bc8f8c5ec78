"""Refusals about an organization's settings, secrets and domains."""

from apps.core.errors import DomainError


class InvalidDocument(DomainError):
    """The document cannot be saved; each fault has its path (P106)."""

    code = "VALIDATION_ERROR"
    message = "Please correct the marked settings."

    def __init__(self, faults: list[dict[str, str]]) -> None:
        super().__init__()
        self.details = faults


class OwnerOnly(DomainError):
    code = "PERMISSION_DENIED"
    rule = "owner_only"
    message = "Only an owner may change these settings."


class StaleDocument(DomainError):
    code = "VERSION_CONFLICT"
    message = "Somebody changed the settings in the meantime. Load them again."


class ConditionMissing(DomainError):
    code = "PRECONDITION_REQUIRED"
    rule = "if_match"
    message = "Send the ETag of the settings that you have read as If-Match."


class SecretInUse(DomainError):
    code = "CONFLICT"
    rule = "secret_in_use"
    message = "The settings refer to this secret."


class TooManySecrets(DomainError):
    rule = "too_many_secrets"
    message = "An organization keeps at most 200 secrets."


class UnknownSecret(DomainError):
    code = "NOT_FOUND"
    message = "There is no such secret."


class DomainTaken(DomainError):
    code = "DUPLICATE"
    rule = "domain_taken"
    message = "This domain is in use already."


class RecordMissing(DomainError):
    rule = "record_missing"
    message = "The text record was not found. New records can take an hour to be seen everywhere."


class NamesAway(DomainError):
    code = "SERVICE_UNAVAILABLE"
    rule = "names_away"
    message = "The name servers did not answer. Try again in a moment."
    headers = {"Retry-After": "30"}
