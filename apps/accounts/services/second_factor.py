"""The second step of a sign-in: a code, a recovery code or a passkey for an `mfa_token` (P12)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Sum

from apps.accounts.errors import (
    InactiveAccount,
    TooManyFailures,
    WrongCode,
    WrongPasskey,
)
from apps.accounts.models import Membership, SignInChallenge
from apps.accounts.passkeys import Place
from apps.accounts.services.challenges import (
    Purpose,
    challenge_of,
    count_failure,
    use_up,
)
from apps.accounts.services.lockout import count_sign_in_failure, refuse_after_failures
from apps.accounts.services.proving import passkey_of, proves_recovery, proves_totp
from apps.accounts.services.sessions import SignedIn, open_session
from apps.core import clock

# Over all addresses. Who gets here knows the password, so nobody else can use the limit up.
ACCOUNT_FAILURES, ACCOUNT_WINDOW = 20, timedelta(hours=1)


def give_second_factor(
    *, mfa_token: str, place: Place | None = None, code: str = "", recovery_code: str = "",
    passkey: Mapping[str, Any] | None = None,
) -> SignedIn:  # fmt: skip
    """Finish a sign-in and open its session. A token works once, and five failures end it.

    Raises TokenInvalid, ChallengeGone, WrongCode, WrongPasskey, InactiveAccount and
    TooManyFailures. Opens its own transaction: a failure is counted and stays counted.
    """
    with transaction.atomic():
        challenge = challenge_of(mfa_token, Purpose.SECOND_FACTOR)
        membership = membership_in(challenge)
        kind = _kind_proved(membership, place, code, recovery_code, passkey)
        if kind:
            use_up(challenge)
            return open_session(
                membership, face=challenge.face, method=f"{challenge.method}+{kind}",
                access_seconds=challenge.access_seconds,
            )  # fmt: skip
        count_failure(challenge)
        count_sign_in_failure(membership, membership.user.email, reason="second_factor")
    raise WrongPasskey if passkey else WrongCode


def membership_in(challenge: SignInChallenge) -> Membership:
    """Return who a locked challenge waits for. Raises InactiveAccount, TooManyFailures."""
    membership = challenge.membership
    if membership is None or not (membership.is_active and membership.user.is_active):
        raise InactiveAccount
    refuse_after_failures(membership.user.email)
    _refuse_guessing(membership)
    return membership


def _refuse_guessing(membership: Membership) -> None:
    since = clock.now() - ACCOUNT_WINDOW
    rows = SignInChallenge.objects.filter(user_id=membership.user_id, created_at__gt=since)
    if (rows.aggregate(failures=Sum("failures"))["failures"] or 0) >= ACCOUNT_FAILURES:
        raise TooManyFailures(int(ACCOUNT_WINDOW.total_seconds()))


def _kind_proved(
    membership: Membership, place: Place | None, code: str, recovery_code: str,
    passkey: Mapping[str, Any] | None,
) -> str:  # fmt: skip
    """Return the kind of factor that was right, or an empty text."""
    if code:
        return "totp" if proves_totp(membership.user_id, code) else ""
    if recovery_code:
        return "recovery" if proves_recovery(membership, recovery_code) else ""
    if passkey and place:
        factor = passkey_of(place, passkey["challenge_id"], passkey["credential"])
        return "passkey" if factor and factor.user_id == membership.user_id else ""
    return ""
