"""Which ways in an organization leaves open, and for whom (R20, P111).

Asked after the proof was right, so a refusal tells nothing to somebody who guesses.
"""

from typing import Any

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
    if method in PASSWORDS and _is_off(organization.setting("security.password_login"), membership):
        raise PasswordOff


def _is_off(setting: Any, membership: Membership) -> bool:
    """`false` switches passwords off for all, a list for the roles in it."""
    if isinstance(setting, list):
        return membership.role in setting
    return setting is False
