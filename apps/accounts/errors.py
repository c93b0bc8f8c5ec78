"""Refusals of sign-in and sessions."""

from apps.core.errors import DomainError, InvalidFields


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


class PasswordOff(DomainError):
    code = "FEATURE_DISABLED"
    rule = "password_login_off"
    message = "Passwords are switched off for your role. Use another way to sign in."


class SignOnRequired(DomainError):
    code = "FEATURE_DISABLED"
    rule = "sign_on_required"
    message = "Your company signs in with its own provider. Use that way."


class SignOnRefused(DomainError):
    """A provider's proof is no good; `details.rule` says what is wrong with it."""

    message = "The sign-in with your provider was refused. Please begin again."
    codes = {
        "expired": "TOKEN_EXPIRED",
        "replayed": "TOKEN_REUSED",
        "declined": "INVALID_CREDENTIALS",
    }

    def __init__(self, reason: str) -> None:
        super().__init__(rule=reason)
        self.code = self.codes.get(reason, "TOKEN_INVALID")


class SignOnGone(DomainError):
    code = "GONE"
    rule = "sign_on_gone"
    message = "This sign-in was finished already or took too long. Please begin again."


class NoPlaceHere(DomainError):
    """The person is who he says, and this organization has no account for him."""

    code = "PERMISSION_DENIED"
    message = "Your provider knows you, but there is no account for you here. Ask the studio."

    def __init__(self, rule: str) -> None:
        super().__init__(rule=rule)


class ProviderFailed(DomainError):
    code = "UPSTREAM_ERROR"
    rule = "sign_on_provider"
    message = "Your provider did not answer as it should. Try again in a moment."


class ProviderTimedOut(DomainError):
    code = "UPSTREAM_TIMEOUT"
    rule = "sign_on_provider"
    message = "Your provider did not answer in time. Try again in a moment."


class InvalidDestination(InvalidFields):
    def __init__(self) -> None:
        super().__init__(next="This is no place of the portal, such as /invoices.")


class EmailTaken(DomainError):
    code = "DUPLICATE"
    rule = "email_taken"
    message = "There is an account with this e-mail already."


class LinkGone(DomainError):
    code = "GONE"
    message = "This link was used or has run out. Ask for a new one."


class MfaRequired(DomainError):
    """The first factor was right and another one is asked; `challenge` in `details`."""

    code = "MFA_REQUIRED"
    message = "One more step: prove that it is you."


class WrongCode(DomainError):
    code = "INVALID_CREDENTIALS"
    message = "This code is not right, or it was used before. Wait for the next one."


class WrongPassword(DomainError):
    code = "INVALID_CREDENTIALS"
    message = "This is not your password."


class WrongPasskey(DomainError):
    code = "INVALID_CREDENTIALS"
    message = "This passkey was not accepted."


class ChallengeGone(DomainError):
    code = "GONE"
    message = "This step ran out or was used. Start again."


class TooManyFactors(DomainError):
    rule = "too_many_factors"
    message = "You cannot add another one. Remove one that you do not use."


class FactorRequired(DomainError):
    rule = "factor_required"
    message = "A second factor is required here. Add another one before you remove this one."


class NoFactor(DomainError):
    rule = "no_factor"
    message = "Recovery codes stand in for a second factor. Set one up first."


class PasskeyNeedsName(DomainError):
    rule = "passkey_needs_host_name"
    message = (
        "Passkeys work with a host name over HTTPS, or on localhost. "
        "This address is a number; open the portal under its name."
    )


class ProofRequired(DomainError):
    code = "PERMISSION_DENIED"
    rule = "proof_required"
    message = "Prove once more that it is you. The last proof is older than ten minutes."


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
