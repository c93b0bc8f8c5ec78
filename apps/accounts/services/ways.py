"""Which ways in an organization leaves open, and for whom (R20, P111).

Asked after the proof was right, so a refusal tells nothing to somebody who guesses.
"""

from apps.accounts.errors import PasswordOff, SignOnRequired
from apps.accounts.models import Membership
from apps.accounts.services.sign_on.entries import required_for

SIGN_ON = frozenset({"oauth", "saml", "exchange"})
PASSWORDS = frozenset({"password", "password+totp"})


def refuse_closed_way(membership: Membership, method: str) -> None:
    """Raise SignOnRequired or PasswordOff when `method` is closed to this person."""
    if method in SIGN_ON:
        return
    organization = membership.organization
    provider = required_for(organization, membership.user.email)
    if provider is not None:
        raise SignOnRequired(provider=provider.name)
    off_for = organization.setting("security.password_login_off_for_roles")
    is_on = (
        organization.setting("security.password_login") is True and membership.role not in off_for
    )
    if method in PASSWORDS and not is_on:
        raise PasswordOff
