"""The one door: every way of signing in ends here, after its first factor was right (R18).

A passkey that verified its person is two factors already, and a company's own provider asks its
own: only password and magic link are asked for more.
"""

from apps.accounts.errors import InactiveAccount, MfaRequired
from apps.accounts.models import Membership, SignInChallenge
from apps.accounts.services.challenges import LIFETIMES, Purpose, open_challenge, token_of
from apps.accounts.services.requiring import ONE_FACTOR, factor_kinds, is_required, ways_of
from apps.accounts.services.sessions import SignedIn, open_session
from apps.accounts.services.ways import refuse_closed_way


def enter(
    membership: Membership, *, method: str, face: str, access_seconds: int | None = None
) -> SignedIn:
    """Open a session for a person whose first factor was right, in the caller's transaction.

    `method` is how he proved himself: `password`, `magic_link`, `passkey`, `oauth`, `saml`,
    `exchange`. Raises InactiveAccount for a person or membership that is switched off and
    for a service account, which has keys only, SignOnRequired or PasswordOff where that way is
    closed to him, and MfaRequired; what the transaction did is lost then, see `enter_or_ask`.
    """
    outcome = enter_or_ask(membership, method=method, face=face, access_seconds=access_seconds)
    if isinstance(outcome, MfaRequired):
        raise outcome
    return outcome


def enter_or_ask(
    membership: Membership, *, method: str, face: str, access_seconds: int | None = None
) -> SignedIn | MfaRequired:
    """Do as `enter`, but return the question: a caller that has used something up must commit.

    Raise it after the transaction. Raises what `enter` raises otherwise.
    """
    user = membership.user
    if not (user.is_active and membership.is_active) or user.is_service:
        raise InactiveAccount
    refuse_closed_way(membership, method)
    if method in ONE_FACTOR:
        kinds = factor_kinds(membership)
        if kinds or is_required(membership):
            purpose = Purpose.SECOND_FACTOR if kinds else Purpose.ENROLMENT
            challenge = open_challenge(
                purpose, user=membership.user, membership=membership, method=method, face=face,
                access_seconds=access_seconds,
            )  # fmt: skip
            return _question(challenge, kinds)
    return open_session(membership, face=face, method=method, access_seconds=access_seconds)


def _question(challenge: SignInChallenge, kinds: list[str]) -> MfaRequired:
    lifetime = LIFETIMES[Purpose(challenge.purpose)]
    return MfaRequired(
        mfa_token=token_of(challenge),
        methods=ways_of(kinds) if kinds else ["totp"],
        expires_in=int(lifetime.total_seconds()),
        enrolment_required=not kinds,
    )
