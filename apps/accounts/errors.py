"""Refusals of sign-in and sessions."""

from apps.core.errors import DomainError


class WrongCredentials(DomainError):
    code = "INVALID_CREDENTIALS"
    message = "That e-mail and password do not go together."


class InactiveAccount(DomainError):
    code = "ACCOUNT_INACTIVE"
    message = "This account is switched off. Ask the studio."


class TokenExpired(DomainError):
    code = "TOKEN_EXPIRED"
    message = "The token has expired. Refresh it or sign in again."
    headers = {"WWW-Authenticate": 'Bearer realm="api", error="invalid_token"'}


class TokenInvalid(DomainError):
    code = "TOKEN_INVALID"
    message = "The token is not valid here."
    headers = {"WWW-Authenticate": 'Bearer realm="api", error="invalid_token"'}


class TokenReused(DomainError):
    code = "TOKEN_REUSED"
    message = "This refresh token was used before. The session has ended; sign in again."


class TooManyFailures(DomainError):
    code = "RATE_LIMITED"
    message = "Too many failed sign-ins. Wait a while and try again."

    def __init__(self, seconds: int) -> None:
        super().__init__(retry_after_seconds=seconds)
        self.headers = {"Retry-After": str(seconds)}


class WeakPassword(DomainError):
    code = "VALIDATION_ERROR"
    message = "Please choose another password."

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.details = [{"field": "password", "code": "weak", "message": fault}]


class EmailTaken(DomainError):
    code = "DUPLICATE"
    rule = "email_taken"
    message = "There is an account with this e-mail already."


class LinkGone(DomainError):
    code = "GONE"
    message = "This link was used or has run out. Ask for a new one."


class AlreadyInvited(DomainError):
    code = "DUPLICATE"
    rule = "already_invited"
    message = "This address is invited already. Send the invitation again instead."


class AlreadyMember(DomainError):
    code = "DUPLICATE"
    rule = "already_member"
    message = "This address belongs to somebody of your studio or its clients already."


class InvitationClosed(DomainError):
    code = "INVALID_TRANSITION"
    rule = "invitation_closed"
    message = "This invitation was accepted or revoked."


class RegistrationClosed(DomainError):
    code = "FEATURE_DISABLED"
    rule = "open_registration"
    message = "This studio invites its people. Ask it for an invitation."
