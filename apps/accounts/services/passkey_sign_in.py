"""Signing in with a passkey alone: no e-mail is asked, so there is nobody to find out (R19)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts import passkeys
from apps.accounts.errors import WrongPasskey
from apps.accounts.models import Session, SignInChallenge
from apps.accounts.passkeys import Place
from apps.accounts.services.challenges import Purpose, bytes_of, open_challenge
from apps.accounts.services.entering import enter
from apps.accounts.services.proving import passkey_of
from apps.accounts.services.sessions import SignedIn
from apps.accounts.services.signing_in import membership_of_person


@transaction.atomic
def begin_passkey_use(place: Place) -> tuple[SignInChallenge, dict[str, Any]]:
    """Return a challenge for any passkey of this host: the same for everybody."""
    challenge = open_challenge(Purpose.PASSKEY)
    return challenge, passkeys.request_options(place, bytes_of(challenge))


def sign_in_with_passkey(
    *, place: Place, challenge_id: UUID, credential: Mapping[str, Any]
) -> SignedIn:
    """Open a session for whoever signed the challenge.

    Raises ChallengeGone, InactiveAccount, and WrongPasskey for everything that does not fit.
    """
    with transaction.atomic():
        factor = passkey_of(place, challenge_id, credential)
        membership = membership_of_person(factor.user_id) if factor else None
        if membership is not None:
            return enter(membership, method="passkey", face=Session.Face.API)
    raise WrongPasskey
