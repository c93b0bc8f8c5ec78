"""From a bearer token or an API key to an actor: one query finds all that he depends on.

The same statement sets `app.organization` for the transaction, so no view can forget it. The old
face and the sockets take the tokens of people only; keys work under `/api/v1/`.
"""

import hashlib
from uuid import UUID

from django.db import connection
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.accounts import facts
from apps.accounts.errors import AddressNotAllowed, TokenInvalid
from apps.accounts.tokens import ACCESS, read_token
from apps.core.actors import Actor
from apps.core.admission import Credentials, Recollection
from apps.core.context import current
from apps.core.errors import DomainError, NotFound
from apps.core.memory import Memory

KEY_MARKS = ("pk_", "sk_")
REMEMBERED = 10_000
_seen: Memory[UUID | bytes, Recollection] = Memory(REMEMBERED)


class SessionAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token or API key>`; sets `request.user` to an `Actor`."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[Actor, Credentials] | None:
        """Return actor and credentials, or None without a token.

        Raises TokenExpired, TokenInvalid, AddressNotAllowed for a key that is used from elsewhere
        and NotFound for another organization than the one in `X-Organization` (P105).
        """
        known = getattr(request, "signed_in", None)
        if known is not None:
            return known  # type: ignore[no-any-return]
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        text = text.strip()
        if text.startswith(KEY_MARKS):
            credentials = credentials_of_key(text)
        else:
            credentials = credentials_of(read_token(text, ACCESS).session_id)
        if not facts.is_inside(credentials.networks, current().address):
            raise AddressNotAllowed
        if not _is_meant(credentials, request.META.get("HTTP_X_ORGANIZATION")):
            raise NotFound
        return credentials.actor, credentials

    def recollection(self, request: HttpRequest) -> Recollection | None:
        """Return what is remembered of the bearer of a valid token or key, or None.

        None also where `authenticate` will say why he may not come in.
        """
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        known = _recollected(text.strip())
        if known is None:
            return None
        credentials = known.credentials
        if not facts.is_inside(credentials.networks, current().address):
            return None
        if not _is_meant(credentials, request.META.get("HTTP_X_ORGANIZATION")):
            return None
        _enter_context(credentials.actor)
        return known

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge: it makes DRF answer 401 and not 403."""
        return 'Bearer realm="api"'


def signed_in(token: str) -> tuple[Actor, Credentials]:
    """Return the person whom an access token stands for, and enter his organization.

    Raises TokenExpired, TokenInvalid; the latter also for a session that was ended and for one of
    an API key.
    """
    credentials = credentials_of(read_token(token, ACCESS).session_id)
    if credentials.actor.scopes is not None:
        raise TokenInvalid
    return credentials.actor, credentials


def recollection_of(token: str) -> Recollection | None:
    """Return what is remembered of a person's access token; None for a token that is no good.

    Why it is no good is said by `signed_in`, which the caller asks then.
    """
    known = _recollected(token)
    if known is None or known.credentials.actor.scopes is not None:
        return None
    _enter_context(known.credentials.actor)
    return known


def credentials_of(session_id: UUID) -> Credentials:
    """Return the credentials of a live session; raises TokenInvalid. One query.

    A session that was not used for a minute gets its time in a second one.
    """
    found = _found(facts.FIND_SESSION, session_id)
    if found is None:
        _seen.forget(session_id)
        raise TokenInvalid
    if not found.is_fresh:
        _touch(facts.TOUCH_SESSION, session_id)
    recollection = Recollection(
        facts.CONFIRM_SESSION, session_id, found.facts, found.credentials(session_id)
    )
    _seen.put(session_id, recollection)
    _enter_context(recollection.credentials.actor)
    return recollection.credentials


def credentials_of_key(text: str) -> Credentials:
    """Return the credentials of a live API key; raises TokenInvalid. One query.

    The key is found by its digest. Whoever tries keys learns nothing from the time that takes:
    he does not know the digest of what he sends nearer to a stored one.
    """
    digest = digest_of_key(text)
    found = _found(facts.FIND_KEY, digest)
    if found is None or found.key_id is None:
        _seen.forget(digest)
        raise TokenInvalid
    if not found.is_fresh:
        _touch(facts.TOUCH_KEY, found.key_id)
    recollection = Recollection(
        facts.CONFIRM_KEY, found.key_id, found.facts, found.credentials(None)
    )
    _seen.put(digest, recollection)
    _enter_context(recollection.credentials.actor)
    return recollection.credentials


def digest_of_key(text: str) -> bytes:
    """Return what is stored of an API key."""
    return hashlib.sha256(text.encode(errors="replace")).digest()


def _recollected(text: str) -> Recollection | None:
    if text.startswith(KEY_MARKS):
        return _seen.get(digest_of_key(text))
    try:
        return _seen.get(read_token(text, ACCESS).session_id)
    except DomainError:
        return None


def _found(statement: str, sought: UUID | bytes) -> facts.Found | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [sought])
        row = cursor.fetchone()
    return None if row is None else facts.Found(*row)


def _touch(statement: str, sought: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [sought])


def _is_meant(credentials: Credentials, header: str | None) -> bool:
    """Whether `X-Organization`, a slug or an id, names the organization of the credential."""
    if header is None:
        return True
    named = header.strip().lower()
    return named in {credentials.organization, str(credentials.actor.organization_id)}


def _enter_context(actor: Actor) -> None:
    context = current()
    context.organization_id, context.user_id = actor.organization_id, actor.user_id
    context.role = actor.role
