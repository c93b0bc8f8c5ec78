"""From a bearer token to an actor: one query finds session, person, membership and tenant.

The same statement sets `app.organization` for the transaction, so no view can forget it.
"""

from uuid import UUID

import orjson
from django.db import connection
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.accounts.errors import TokenInvalid
from apps.accounts.tokens import ACCESS, read_token
from apps.core import throttles
from apps.core.actors import Actor
from apps.core.admission import Credentials, Recollection
from apps.core.context import current
from apps.core.errors import DomainError
from apps.core.memory import Memory
from apps.organizations.services import rate_text

# All that a credential depends on, as one text: while it stays the same, so does the credential.
FACTS = """ROW(u.id, m.role, m.client_ids, m.contact_roles, o.id, u.first_name, u.last_name,
       u.email, o.settings #> '{apis,rateLimit}')::text AS facts"""
LIVE_SESSION = """
  FROM accounts_session s
  JOIN accounts_user u ON u.id = s.user_id
  JOIN accounts_membership m ON m.id = s.membership_id
  JOIN organizations_organization o ON o.id = s.organization_id
 WHERE s.id = %s AND s.revoked_at IS NULL AND s.expires_at > now()
   AND u.is_active AND m.is_active AND o.status = 'active'
"""
FRESH = "s.last_used_at >= now() - interval '1 minute' AS is_fresh"
ENTER = "set_config('app.organization', o.id::text, true) AS entered"
FIND_SESSION = f"""
SELECT u.id, m.role, m.client_ids, m.contact_roles, o.id, u.first_name, u.last_name, u.email,
       (o.settings #> '{{apis,rateLimit}}')::text, {FACTS}, {FRESH}, {ENTER} {LIVE_SESSION}
"""
CONFIRM_SESSION = f"SELECT {FACTS}, {FRESH}, {ENTER} {LIVE_SESSION}"
TOUCH = "UPDATE accounts_session SET last_used_at = now() WHERE id = %s"
REMEMBERED = 10_000


class SessionAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; sets `request.user` to an `Actor`."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[Actor, Credentials] | None:
        """Return actor and credentials, or None without a token; a bad one raises (401)."""
        known = getattr(request, "signed_in", None)
        if known is not None:
            return known  # type: ignore[no-any-return]
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return signed_in(text.strip())

    def recollection(self, request: HttpRequest) -> Recollection | None:
        """Return what is remembered of the bearer of a valid token, or None."""
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        return recollection_of(text.strip()) if scheme.lower() == "bearer" else None

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge: it makes DRF answer 401 and not 403."""
        return 'Bearer realm="api"'


def signed_in(token: str) -> tuple[Actor, Credentials]:
    """Return who an access token stands for, and enter his organization.

    Raises TokenExpired, TokenInvalid; the latter also for a session that was ended.
    """
    credentials = credentials_of(read_token(token, ACCESS).session_id)
    return credentials.actor, credentials


def recollection_of(token: str) -> Recollection | None:
    """Return what is remembered of an access token's session; None for a token that is no good.

    Why it is no good is said by `signed_in`, which the caller asks then.
    """
    try:
        known = _seen.get(read_token(token, ACCESS).session_id)
    except DomainError:
        return None
    if known is not None:
        _enter_context(known.credentials.actor)
    return known


def credentials_of(session_id: UUID) -> Credentials:
    """Return the credentials of a live session; raises TokenInvalid. One query.

    A session that was not used for a minute gets its time in a second one.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIND_SESSION, [session_id])
        row = cursor.fetchone()
        if row is None:
            _seen.forget(session_id)
            raise TokenInvalid
        *_, facts, is_fresh, _ = row
        if not is_fresh:
            cursor.execute(TOUCH, [session_id])
    user_id, role, client_ids, contact_roles, organization_id, first, last, email, limits = row[:9]
    actor = Actor(
        user_id=user_id,
        organization_id=organization_id,
        role=role,
        client_ids=tuple(client_ids),
        contact_roles=tuple(contact_roles),
        session_id=session_id,
        name=f"{first} {last}".strip() or email,
    )
    _enter_context(actor)
    credentials = Credentials(actor, email, f"user:{user_id}", rate_of(limits, "api"))
    _seen.put(session_id, Recollection(CONFIRM_SESSION, session_id, facts, credentials))
    return credentials


def rate_of(limits: str | None, bucket: str, key: str = "") -> throttles.Rate:
    """Return the limit of a bucket as the organization's settings document says (C11)."""
    return throttles.rate(rate_text(orjson.loads(limits or "{}"), bucket, key))


_seen: Memory[UUID, Recollection] = Memory(REMEMBERED)


def _enter_context(actor: Actor) -> None:
    context = current()
    context.organization_id, context.user_id = actor.organization_id, actor.user_id
    context.role = actor.role
