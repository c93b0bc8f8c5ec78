"""Sign in, refresh, sign out; people and their memberships."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.accounts import passwords
from apps.accounts.errors import (
    EmailTaken,
    InactiveAccount,
    TokenInvalid,
    TokenReused,
    TooManyFailures,
    WeakPassword,
    WrongCredentials,
)
from apps.accounts.models import Membership, RefreshToken, Session, SignInAttempt, User
from apps.accounts.tokens import ACCESS, REFRESH, Bearer, digest_of, make_token, read_token
from apps.core import clock
from apps.core.actors import NOBODY, SYSTEM, Actor
from apps.core.context import current
from apps.core.errors import InvalidFields
from apps.core.ids import uuid7
from apps.core.inserts import insertion, is_saved
from apps.core.models import revise
from apps.core.tenancy import SETTING, organization_scope
from apps.events.outbox import Change, publish, publish_with
from apps.events.services import NO_ORGANIZATION, open_log
from apps.organizations.models import Organization

PASSWORD_LENGTH = (8, 128)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with the token pair that stands for it."""

    session: Session
    membership: Membership
    access_token: str
    refresh_token: str
    expires_in: int


def sign_in(
    *, email: str, password: str, face: str = Session.Face.API, access_seconds: int | None = None
) -> SignedIn:
    """Check a password and open a session; `access_seconds` shortens the first access token.

    Raises WrongCredentials (unknown e-mail and wrong password alike), InactiveAccount (only when
    the password was right) and TooManyFailures after 5 failures of the pair of e-mail and address
    in 15 minutes (P18). Opens its own transactions: hashing takes longer than one should last.
    """
    address = current().address[:45]
    name = email.strip().lower()[:254]
    _refuse_after_failures(name, address)
    membership = _membership_of(name)
    user = membership.user if membership else None
    fit, upgraded = passwords.fits(password, user.password if user else None)
    if not fit or membership is None or user is None:
        _record_failure(membership, name, address)
        raise WrongCredentials
    if not (user.is_active and membership.is_active):
        raise InactiveAccount
    with transaction.atomic():
        if upgraded:
            User.objects.filter(id=user.id).update(password=upgraded)
        return open_session(membership, face=face, access_seconds=access_seconds)


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
    TokenInvalid as `read_token` does.
    """
    claims = read_token(text, REFRESH)
    reused = False
    with transaction.atomic():
        token = _locked_token(claims.session_id, text)
        session = token.session
        if token.used_at is None:
            return _rotate(token, session)
        grace = settings.NODE_REFRESH_GRACE if session.face == "node" else settings.REFRESH_GRACE
        if clock.now() - token.used_at <= grace and token.successor is not None:
            return _pair(session, session.membership, token.successor)
        reused = True
        with organization_scope(session.organization_id):
            actor = session.membership.actor(session.id)
            end_sessions(actor, [session], reason="refresh_token_reused")
    if reused:
        raise TokenReused
    raise TokenInvalid


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


# -- people ---------------------------------------------------------------------------------


@transaction.atomic
def create_person(
    organization: Organization, *, email: str, password: str, role: str, first_name: str = "",
    last_name: str = "",
) -> Membership:  # fmt: skip
    """Make a person with a membership. Raises EmailTaken, WeakPassword.

    Callers decide the role; no request body may.
    """
    check_strength(password)
    try:
        with transaction.atomic():
            user = User.objects.create(
                email=email.strip().lower(),
                password=passwords.hashed(password),
                first_name=first_name,
                last_name=last_name,
                is_staff=role in {Membership.Role.OWNER, Membership.Role.ADMIN},
            )
    except IntegrityError as error:
        raise EmailTaken from error
    return Membership.objects.create(organization=organization, user=user, role=role)


def check_strength(password: str) -> None:
    """Raise WeakPassword for one outside 8 to 128 characters (P07)."""
    low, high = PASSWORD_LENGTH
    if not low <= len(password) <= high:
        raise WeakPassword(f"Use {low} to {high} characters; this one has {len(password)}.")


@transaction.atomic
def set_client_access(
    organization_id: UUID, user_id: UUID, client_id: UUID, contact_role: str | None
) -> None:
    """Give a contact his role at a client company, or take it away with None."""
    rows = Membership.objects.select_for_update()
    membership = rows.get(organization_id=organization_id, user_id=user_id)
    access = dict(zip(membership.client_ids, membership.contact_roles, strict=True))
    if contact_role is None:
        access.pop(client_id, None)
    else:
        access[client_id] = contact_role
    membership.client_ids, membership.contact_roles = list(access), list(access.values())
    membership.save(update_fields=["client_ids", "contact_roles"])


@transaction.atomic
def change_profile(user: User, **changes: str) -> User:
    """Change what a person may change of himself: name, phone, locale, time zone."""
    if "timezone" in changes and changes["timezone"] not in available_timezones():
        raise InvalidFields(timezone="This is no IANA time zone such as Europe/Berlin.")
    if changes:
        revise(user, **changes)
    return user


# -- the steps of signing in ----------------------------------------------------------------


def _membership_of(email: str) -> Membership | None:
    """Return the membership that an e-mail signs in to: the oldest when there are several."""
    rows = Membership.objects.filter(user__email__iexact=email).select_related(
        "user", "organization"
    )
    return rows.order_by("-is_active", "created_at").first()


def _refuse_after_failures(email: str, address: str) -> None:
    since = clock.now() - settings.SIGN_IN_WINDOW
    failures = SignInAttempt.objects.filter(email=email, address=address, created_at__gt=since)
    times = list(failures.order_by("created_at").values_list("created_at", flat=True))
    if len(times) >= settings.SIGN_IN_FAILURES:
        oldest = times[-settings.SIGN_IN_FAILURES]
        raise TooManyFailures(_seconds_until(oldest + settings.SIGN_IN_WINDOW))


def _seconds_until(moment: datetime) -> int:
    return max(1, int((moment - clock.now()).total_seconds()) + 1)


def _record_failure(membership: Membership | None, email: str, address: str) -> None:
    organization_id = membership.organization_id if membership else NO_ORGANIZATION
    user_id = membership.user_id if membership else None
    with organization_scope(organization_id):
        if membership is None:
            open_log(NO_ORGANIZATION)
        attempt = SignInAttempt.objects.create(
            organization_id=organization_id, user_id=user_id, email=email, address=address
        )
        publish(
            Actor(NOBODY, organization_id, SYSTEM), "user.sign_in_failed", attempt,
            audience="system", id=user_id, email=email, address=address, reason="credentials",
        )  # fmt: skip


def _locked_token(session_id: UUID, text: str) -> RefreshToken:
    """Return the stored token of a text with its live session locked; raises TokenInvalid."""
    sessions = Session.objects.select_for_update(of=("self",))
    live = sessions.filter(id=session_id, user__is_active=True, membership__is_active=True).live()
    session = live.select_related("membership__user", "membership__organization").first()
    if session is None:
        raise TokenInvalid
    tokens = RefreshToken.objects.select_related("successor")
    token = tokens.filter(session=session, token_hash=digest_of(text)).first()
    if token is None:
        raise TokenInvalid
    token.session = session
    return token


def _rotate(token: RefreshToken, session: Session) -> SignedIn:
    now = clock.now()
    session.expires_at, session.last_used_at = now + settings.REFRESH_LIFETIME, now
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


def _pair(
    session: Session,
    membership: Membership,
    token: RefreshToken,
    access_seconds: int | None = None,
) -> SignedIn:
    """Return the pair of a stored generation: the same row gives the same texts."""
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
        access_token=make_token(ACCESS, bearer, token.id, token.created_at, lifetime),
        refresh_token=make_token(
            REFRESH, bearer, token.id, token.created_at, settings.REFRESH_LIFETIME
        ),
        expires_in=int(lifetime.total_seconds()),
    )
