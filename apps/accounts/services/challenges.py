"""What a person still has to prove: opened, looked up, used once, given up after five failures."""

from datetime import timedelta
from uuid import UUID

from apps.accounts import passkeys
from apps.accounts.errors import ChallengeGone
from apps.accounts.links import link_text, read_link
from apps.accounts.models import Membership, SignInChallenge, User
from apps.core import clock

Purpose = SignInChallenge.Purpose
LIFETIMES = {
    Purpose.SECOND_FACTOR: timedelta(minutes=5),
    Purpose.ENROLMENT: timedelta(minutes=15),  # an app has to be found and installed first
    Purpose.PASSKEY: timedelta(minutes=5),
    Purpose.PASSKEY_REGISTRATION: timedelta(minutes=5),
}
FAILURES = 5
KEPT = timedelta(hours=1)  # for the count of failures, see second_factor.py
SWEPT_AT_ONCE = 20


def open_challenge(
    purpose: Purpose, *, user: User | None = None, membership: Membership | None = None,
    method: str = "", face: str = "", access_seconds: int | None = None,
) -> SignInChallenge:  # fmt: skip
    """Return a new challenge. Anonymous ones also sweep what ran out an hour ago."""
    now = clock.now()
    if purpose == Purpose.PASSKEY:
        _sweep()
    return SignInChallenge.objects.create(
        purpose=purpose, user=user, membership=membership, method=method, face=face,
        access_seconds=access_seconds, created_at=now, expires_at=now + LIFETIMES[purpose],
    )  # fmt: skip


def _sweep() -> None:
    over = SignInChallenge.objects.filter(expires_at__lt=clock.now() - KEPT).order_by("expires_at")
    ids = over.select_for_update(skip_locked=True).values_list("id", flat=True)[:SWEPT_AT_ONCE]
    SignInChallenge.objects.filter(id__in=list(ids)).delete()


def token_of(challenge: SignInChallenge) -> str:
    """Return the text that stands for the challenge: it cannot be guessed and is not stored."""
    return link_text(challenge.id, challenge.purpose)


def bytes_of(challenge: SignInChallenge) -> bytes:
    """Return what a passkey has to sign."""
    return passkeys.decoded(token_of(challenge))


def challenge_of(token: str, purpose: Purpose) -> SignInChallenge:
    """Return the open challenge of a token, locked. Raises TokenInvalid, ChallengeGone."""
    return _locked(read_link(token, purpose), purpose)


def taken(pk: UUID, purpose: Purpose) -> SignInChallenge:
    """Return the open challenge of an id and use it up. Raises ChallengeGone."""
    challenge = _locked(pk, purpose)
    use_up(challenge)
    return challenge


def use_up(challenge: SignInChallenge) -> None:
    """Close a locked challenge for good."""
    challenge.used_at = clock.now()
    challenge.save(update_fields=["used_at"])


def count_failure(challenge: SignInChallenge) -> None:
    """Count a wrong answer to a locked challenge; the fifth closes it."""
    challenge.failures += 1
    if challenge.failures >= FAILURES:
        challenge.used_at = clock.now()
    challenge.save(update_fields=["failures", "used_at"])


def _locked(pk: UUID, purpose: Purpose) -> SignInChallenge:
    rows = SignInChallenge.objects.select_for_update(of=("self",))
    rows = rows.select_related("membership__user", "membership__organization", "user")
    challenge = rows.filter(id=pk, purpose=purpose).first()
    if challenge is None or challenge.used_at is not None or challenge.expires_at <= clock.now():
        raise ChallengeGone
    return challenge
