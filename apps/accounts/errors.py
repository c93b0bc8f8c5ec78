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


class AddressNotAllowed(DomainError):
    code = "PERMISSION_DENIED"
    rule = "address_not_allowed"
    message = "This key may not be used from your address."


class UnknownClient(DomainError):
    code = "INVALID_CREDENTIALS"
    message = "There is no such client, or its secret is another one."


class WrongScope(DomainError):
    code = "VALIDATION_ERROR"
    message = "The key does not have these scopes."


class TooManyKeys(DomainError):
    code = "BUSINESS_RULE"
    rule = "too_many_keys"
    message = "There are as many keys as there may be. Revoke one that is not used."


class KeyOfOwner(DomainError):
    code = "PERMISSION_DENIED"
    rule = "key_of_owner"
    message = "Only owners change the keys of an owner."


class OwnerOnly(DomainError):
    code = "PERMISSION_DENIED"
    rule = "owner_only"
    message = "Only owners change owners, and only they name new ones."


class OwnRole(DomainError):
    code = "PERMISSION_DENIED"
    rule = "own_role"
    message = "Nobody changes his own role or switches himself off."


class LastOwner(DomainError):
    code = "BUSINESS_RULE"
    rule = "last_owner"
    message = "An organization needs an active owner. Name another one first."


class ContactStaysContact(DomainError):
    code = "BUSINESS_RULE"
    rule = "contact_stays_contact"
    message = "Contacts have their roles at their companies; nobody changes sides."


class RoleTwice(DomainError):
    code = "DUPLICATE"
    rule = "role_name_taken"
    message = "There is a role with this name already."


class RoleInUse(DomainError):
    code = "CONFLICT"
    rule = "role_in_use"
    message = "People have this role. Give them another one first."
