"""The one door: every way of signing in ends here, after its first factor was right (R18)."""

from apps.accounts.errors import InactiveAccount
from apps.accounts.models import Membership
from apps.accounts.services.sessions import SignedIn, open_session
from apps.accounts.services.ways import refuse_closed_way


def enter(
    membership: Membership, *, method: str, face: str, access_seconds: int | None = None
) -> SignedIn:
    """Open a session for a person whose first factor was right, in the caller's transaction.

    `method` is how he proved himself: `password`, `magic_link`, `passkey`, `oauth`, `saml`,
    `exchange`. Raises InactiveAccount for a person or membership that is switched off, and
    SignOnRequired or PasswordOff where that way is closed to him.
    """
    if not (membership.user.is_active and membership.is_active):
        raise InactiveAccount
    refuse_closed_way(membership, method)
    return open_session(membership, face=face, method=method, access_seconds=access_seconds)
