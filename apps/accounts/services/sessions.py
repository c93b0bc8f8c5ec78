"""Sessions and their token families: open, refresh with rotation, end (P03 to P05, R17)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.accounts.errors import TokenInvalid, TokenReused
from apps.accounts.models import Membership, RefreshToken, Session
from apps.accounts.services.requiring import is_missing
from apps.accounts.token_keys import TokenKey, token_keys
from apps.accounts.tokens import ACCESS, REFRESH, Bearer, digest_of, make_token, read_token
from apps.core import clock
from apps.core.actors import NOBODY, Actor
from apps.core.context import current
from apps.core.errors import DomainError
from apps.core.ids import uuid7
from apps.core.inserts import insertion, is_saved
from apps.core.models import revise
from apps.core.tenancy import SETTING, organization_scope
from apps.events.outbox import Change, publish, publish_with, record


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with the token pair that stands for it."""

    session: Session
    membership: Membership
    access_token: str
    refresh_token: str
    expires_in: int


def open_session(
    membership: Membership,
    *,
    face: str,
    method: str = "password",
    access_seconds: int | None = None,
) -> SignedIn:
    """Make a session and its first token pair, in the caller's transaction. One statement.

    It enters the organization of the membership.
    """
    now, context = clock.now(), current()
    session = Session(
        organization_id=membership.organization_id,
        user_id=membership.user_id,
        membership=membership,
        face=face,
        method=method,
        address=context.address[:45],
        user_agent=context.user_agent,
        expires_at=now + settings.REFRESH_LIFETIME,
        proved_at=now,
        created_at=now,
    )
    token, pair = _generation(session, membership, now, access_seconds)
    publish_with(
        _opening(session, token),
        membership.actor(session.id), "user.signed_in", session, audience="user",
        user_ids=[membership.user_id], id=membership.user_id, session_id=session.id,
        address=session.address, user_agent=session.user_agent,
    )  # fmt: skip
    is_saved(session)
    is_saved(token)
    return pair


def _opening(session: Session, token: RefreshToken) -> Change:
    """Return the insertion of both rows; the event's organization is entered before its row."""
    (session_sql, session_values), (token_sql, token_values) = insertion(session), insertion(token)
    return Change(
        ctes=f"entered AS (SELECT set_config('{SETTING}', %(session_organization_id)s::text, true)"
        f" AS organization), session AS ({session_sql}), token AS ({token_sql})",
        source="entered",
        result="SELECT organization FROM entered",
        params=session_values | token_values,
    )


def refresh(text: str) -> SignedIn:
    """Trade a refresh token for a new pair; each token works once (P04).

    Within the grace time the same old token gets the same successor. Later, or when the successor
    was used in turn too long ago, the family ends: raises TokenReused. Raises TokenExpired and
    TokenInvalid as `read_token` does, and TokenInvalid when the organization has begun to ask for
    a second factor that the person has not set up (R18).
    """
    claims = read_token(text, REFRESH)
    refusal: DomainError
    with transaction.atomic():
        token = _locked_token(claims.session_id, text)
        session = token.session
        if is_missing(session.membership, session.method):
            refusal = TokenInvalid()
            _end(session, "second_factor_required")
        elif token.used_at is None:
            return _rotate(token, session)
        elif token.successor is not None and clock.now() - token.used_at <= _grace(session):
            return _same_pair(session, token.successor)
        else:
            refusal = TokenReused()
            _end(session, "refresh_token_reused", told="session.reused")
    raise refusal


def _grace(session: Session) -> timedelta:
    return settings.NODE_REFRESH_GRACE if session.face == "node" else settings.REFRESH_GRACE


def _end(session: Session, reason: str, *, told: str = "") -> None:
    """End a session that its own token may not go on with; `told` is the act to record of it."""
    with organization_scope(session.organization_id):
        actor = session.membership.actor(session.id)
        end_sessions(actor, [session], reason=reason)
        if told:
            record(
                actor, told, session, user_ids=[session.user_id],
                device=session.user_agent, address=current().address,
            )  # fmt: skip


@transaction.atomic
def end_sessions(actor: Actor, sessions: list[Session], *, reason: str) -> int:
    """End sessions at once, with an event each; return how many were alive."""
    alive = [session for session in sessions if session.revoked_at is None]
    for session in alive:
        revise(session, revoked_at=clock.now(), revoked_reason=reason)
        publish(
            actor, "session.revoked", session, audience="user", user_ids=[session.user_id],
            id=session.id, user_id=session.user_id, reason=reason,
        )  # fmt: skip
    return len(alive)


@transaction.atomic
def end_every_session(user_id: UUID, *, reason: str, but: UUID | None = None) -> int:
    """End all sessions of a person in all organizations `but` one; return how many were alive."""
    others = Session.objects.filter(user_id=user_id).exclude(id=but or NOBODY)
    rows = others.live().select_for_update(of=("self",))
    found = rows.select_related("membership__user").order_by("organization_id", "id")
    ended = 0
    for organization_id, group in groupby(found, key=attrgetter("organization_id")):
        sessions = list(group)
        with organization_scope(organization_id):
            ended += end_sessions(sessions[0].membership.actor(), sessions, reason=reason)
    return ended


def _locked_token(session_id: UUID, text: str) -> RefreshToken:
    """Return the stored token of a text with its live session locked; raises TokenInvalid."""
    sessions = Session.objects.select_for_update(of=("self",))
    live = sessions.filter(id=session_id, user__is_active=True, membership__is_active=True).live()
    session = live.select_related("membership__user", "membership__organization").first()
    if session is None or clock.now() >= session.created_at + settings.SESSION_LIFETIME:
        raise TokenInvalid
    tokens = RefreshToken.objects.select_related("successor")
    token = tokens.filter(session=session, token_hash=digest_of(text)).first()
    if token is None:
        raise TokenInvalid
    token.session = session
    return token


def _rotate(token: RefreshToken, session: Session) -> SignedIn:
    now = clock.now()
    end = session.created_at + settings.SESSION_LIFETIME
    session.expires_at, session.last_used_at = min(now + settings.REFRESH_LIFETIME, end), now
    session.save(update_fields=["expires_at", "last_used_at"])
    pair = _issue(session, session.membership, now)
    token.used_at = now
    token.successor = RefreshToken.objects.get(token_hash=digest_of(pair.refresh_token))
    token.save(update_fields=["used_at", "successor"])
    return pair


def _issue(
    session: Session, membership: Membership, now: datetime, access_seconds: int | None = None
) -> SignedIn:
    """Store a new generation and return its pair."""
    token, pair = _generation(session, membership, now, access_seconds)
    token.save(force_insert=True)
    return pair


def _generation(
    session: Session, membership: Membership, now: datetime, access_seconds: int | None = None
) -> tuple[RefreshToken, SignedIn]:
    """Return a new generation, not stored yet, and its pair; only the hash is kept."""
    token = RefreshToken(
        id=uuid7(), session=session, created_at=now, expires_at=now + settings.REFRESH_LIFETIME
    )
    pair = _pair(session, membership, token, access_seconds)
    token.token_hash = digest_of(pair.refresh_token)
    return token, pair


def _same_pair(session: Session, token: RefreshToken) -> SignedIn:
    """Return the pair of a stored generation once more, under the key that signed it then."""
    for key in token_keys():
        if key.signs is not None:
            pair = _pair(session, session.membership, token, key=key)
            if digest_of(pair.refresh_token) == bytes(token.token_hash):
                return pair
    raise TokenInvalid


def _pair(
    session: Session,
    membership: Membership,
    token: RefreshToken,
    access_seconds: int | None = None,
    key: TokenKey | None = None,
) -> SignedIn:
    """Return the pair of a generation: the same row and key give the same texts."""
    bearer = Bearer(
        user_id=session.user_id,
        email=membership.user.email,
        role=membership.role,
        organization_id=session.organization_id,
        session_id=session.id,
    )
    lifetime = settings.NODE_ACCESS_LIFETIME if session.face == "node" else settings.ACCESS_LIFETIME
    if access_seconds is not None:
        lifetime = timedelta(seconds=access_seconds)
    return SignedIn(
        session=session,
        membership=membership,
        access_token=make_token(ACCESS, bearer, token.id, token.created_at, lifetime, key),
        refresh_token=make_token(
            REFRESH, bearer, token.id, token.created_at, settings.REFRESH_LIFETIME, key
        ),
        expires_in=int(lifetime.total_seconds()),
    )
