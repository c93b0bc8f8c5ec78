"""Step-up: what matters most asks once more who is there (R25)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from apps.accounts import passwords
from apps.accounts.errors import (
    ProofRequired,
    TokenInvalid,
    WrongCode,
    WrongPasskey,
    WrongPassword,
)
from apps.accounts.models import Membership, Session
from apps.accounts.passkeys import Place
from apps.accounts.services.lockout import count_sign_in_failure, refuse_after_failures
from apps.accounts.services.proving import passkey_of, proves_totp
from apps.accounts.services.requiring import factor_kinds
from apps.core import clock
from apps.core.actors import NOBODY, SYSTEM, Actor
from apps.core.errors import DomainError, NotFound
from apps.core.tenancy import organization_scope
from apps.events.outbox import record

LASTS = timedelta(minutes=10)


def require_recent_proof(actor: Actor) -> None:
    """Raise ProofRequired unless this session's person proved himself in the last ten minutes.

    A machine's key can give no proof and is refused. The system needs none. One query.
    """
    if actor.role == SYSTEM:
        return
    sessions = Session.objects.visible_to(actor).filter(id=actor.session_id or NOBODY)
    if not sessions.filter(proved_at__gt=clock.now() - LASTS).exists():
        methods = _ways_to_prove(actor) if actor.session_id else []
        raise ProofRequired(methods=methods, lasts_seconds=int(LASTS.total_seconds()))


def give_proof(
    actor: Actor, *, place: Place | None = None, password: str = "", code: str = "",
    passkey: Mapping[str, Any] | None = None,
) -> datetime:  # fmt: skip
    """Renew the proof of this session, and return until when it lasts.

    Throttled like a sign-in. Raises WrongPassword, WrongCode, WrongPasskey, ChallengeGone,
    TooManyFailures. Opens its own transaction, after the hashing.
    """
    membership = _membership_of(actor)
    email = membership.user.email
    refuse_after_failures(email)
    fits = bool(password) and passwords.fits(password, membership.user.password)[0]
    with organization_scope(actor.organization_id):
        sessions = Session.objects.visible_to(actor).live().select_for_update(of=("self",))
        session = sessions.filter(id=actor.session_id or NOBODY).first()
        if session is None:
            raise TokenInvalid
        if fits or _is_proved(membership, place, code, passkey):
            session.proved_at = clock.now()
            session.save(update_fields=["proved_at"])
            record(actor, "session.proved", session)
            return session.proved_at + LASTS
        count_sign_in_failure(membership, email, reason="proof")
    raise _refusal(code, passkey)


def _is_proved(
    membership: Membership, place: Place | None, code: str, passkey: Mapping[str, Any] | None
) -> bool:
    if code:
        return proves_totp(membership.user_id, code)
    if passkey and place:
        factor = passkey_of(place, passkey["challenge_id"], passkey["credential"])
        return factor is not None and factor.user_id == membership.user_id
    return False


def _refusal(code: str, passkey: Mapping[str, Any] | None) -> DomainError:
    if passkey:
        return WrongPasskey()
    return WrongCode() if code else WrongPassword()


def _ways_to_prove(actor: Actor) -> list[str]:
    """Return what the person has: an empty list means that only a new sign-in helps."""
    membership = _membership_of(actor)
    has_password = membership.user.has_usable_password()
    return [*factor_kinds(membership), *(["password"] if has_password else [])]


def _membership_of(actor: Actor) -> Membership:
    rows = Membership.objects.visible_to(actor).select_related("user")
    found = rows.filter(user_id=actor.user_id).first()
    if found is None:
        raise NotFound
    return found
