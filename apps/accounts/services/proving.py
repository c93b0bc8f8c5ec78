"""Whether a second factor is right: a code of the app, a recovery code, a passkey.

Each is used up when it was right, in the caller's transaction. A wrong one is answered with a
value and not with an exception, because the caller has to commit what it leaves behind.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.accounts import passkeys, totp
from apps.accounts.errors import WrongPasskey
from apps.accounts.models import Factor, Membership, RecoveryCode, User
from apps.accounts.passkeys import Place, Signed
from apps.accounts.recovery import code_hashes
from apps.accounts.services.challenges import Purpose, bytes_of, taken
from apps.core import clock
from apps.core.actors import NOBODY, SYSTEM, Actor
from apps.core.context import current
from apps.core.keyring import keyring
from apps.core.tenancy import organization_scope
from apps.events.outbox import record

SEED = "totp"  # the purpose that the seed is sealed for


def proves_totp(user_id: UUID, code: str) -> bool:
    """Whether a code of the person's app is right and new; its step is used up."""
    factor = Factor.objects.of_person(user_id, Factor.Kind.TOTP).select_for_update().first()
    return factor is not None and accepts_code(factor, code)


def accepts_code(factor: Factor, code: str) -> bool:
    """Whether a code fits a locked app; then its step and all before it are used up."""
    sealed = bytes(factor.ciphertext or b"")
    seed = keyring().open(factor.id, SEED, factor.key_id, sealed)
    step = totp.step_of(seed, code, factor.last_step)
    if step is None:
        return False
    factor.last_step, factor.last_used_at = step, clock.now()
    factor.save(update_fields=["last_step", "last_used_at"])
    return True


def proves_recovery(membership: Membership, code: str) -> bool:
    """Whether a recovery code is one of the person's unused ones; the person is told."""
    codes = RecoveryCode.objects.filter(
        user_id=membership.user_id, code_hash__in=code_hashes(membership.user_id, code)
    )
    if not codes.filter(used_at__isnull=True).update(used_at=clock.now()):
        return False
    factor = Factor.objects.filter(user_id=membership.user_id).confirmed().latest("created_at")
    left = RecoveryCode.objects.filter(user_id=membership.user_id, used_at__isnull=True).count()
    tell(membership.actor(), "recovery_code.used", factor, left=left)
    return True


def passkey_of(place: Place, challenge_id: UUID, credential: Mapping[str, Any]) -> Factor | None:
    """Return the passkey that signed a challenge, or None; the challenge is used up either way.

    Raises ChallengeGone.
    """
    challenge = taken(challenge_id, Purpose.PASSKEY)
    try:
        signed = passkeys.read(credential)
        factor = _known(signed)
        if factor is None:
            return None
        passkeys.check(place, bytes_of(challenge), signed, bytes(factor.credential or b""))
    except WrongPasskey:
        return None
    if not _counts_on(factor, signed.sign_count):
        nobody = Actor(NOBODY, factor.organization_id, SYSTEM)
        tell(nobody, "passkey.refused", factor, stored=factor.sign_count, given=signed.sign_count)
        return None
    factor.sign_count, factor.last_used_at = signed.sign_count, clock.now()
    factor.save(update_fields=["sign_count", "last_used_at"])
    return factor


def _known(signed: Signed) -> Factor | None:
    rows = Factor.objects.filter(kind=Factor.Kind.PASSKEY, credential_id=signed.credential_id)
    factor = rows.confirmed().select_for_update().first()
    if factor is not None and signed.user_handle not in {None, factor.user_id.bytes}:
        return None
    return factor


def _counts_on(factor: Factor, count: int) -> bool:
    """Whether the counter moved on; one that stands still or goes back may be a copied key.

    Keys that many devices share count nothing and always say 0.
    """
    return count > factor.sign_count or (count == 0 and factor.sign_count == 0)


def tell(actor: Actor, action: str, factor: Factor, **details: Any) -> None:
    """Record an act on a factor in its organization's audit; its person gets a notice."""
    now = current()
    with organization_scope(factor.organization_id):
        record(
            actor, action, factor, user_ids=[factor.user_id],
            device=now.user_agent, address=now.address,
            kind=factor.kind, name=factor.name, **details,
        )  # fmt: skip


def locked_person(user_id: UUID) -> User:
    """Return the person, locked: of two requests that count factors one waits."""
    person: User = User.objects.select_for_update().get(id=user_id)
    return person
