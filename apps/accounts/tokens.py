"""Access and refresh tokens: JWTs whose text can be made again from stored rows.

The signature is deterministic, so that a second tab which presents the same old refresh token
can be given the very same successor, although only hashes are stored (R17).
"""

import hashlib
import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from apps.accounts.errors import TokenExpired, TokenInvalid
from apps.accounts.token_keys import TokenKey, named_key, token_keys
from apps.core.actors import CLIENT
from apps.core.memory import Memory

ACCESS, REFRESH = "access", "refresh"
CACHED = 10_000
REQUIRED = ["sub", "org", "sid", "jti", "exp", "type"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says; rights are not among it."""

    session_id: UUID
    token_id: UUID
    expires: float


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom tokens are made for."""

    user_id: UUID
    email: str
    role: str
    organization_id: UUID
    session_id: UUID


def make_token(
    kind: str, bearer: Bearer, token_id: UUID, issued_at: datetime, lifetime: timedelta,
    key: TokenKey | None = None,
) -> str:  # fmt: skip
    """Return the token, signed with `key` or the present one; the same arguments, the same text.

    Claims are those of P02, see `_PlainEncoder` for their spelling.
    """
    user = str(bearer.user_id)
    issued = int(issued_at.timestamp())
    claims: dict[str, Any] = {
        "sub": user, "id": user, "userId": user, "email": bearer.email,
        "role": "client" if bearer.role == CLIENT else "admin",
        "org": str(bearer.organization_id), "sid": str(bearer.session_id),
        "jti": str(token_id), "iat": issued, "exp": issued + int(lifetime.total_seconds()),
        "type": kind,
    }  # fmt: skip
    return _sign(claims, key or token_keys()[0])


def read_token(text: str, kind: str) -> Claims:
    """Return the claims of a valid token of `kind`. Raises TokenExpired, TokenInvalid.

    A verified token is remembered (its claims, not itself), since verification costs more than
    the look-up; expiry is checked each time and the session is checked by the caller's query.
    """
    name = hashlib.sha256(f"{kind}:{text}".encode(errors="replace")).digest()
    claims = _verified.get(name)
    if claims is None:
        claims = _verify(text, kind)
        _verified.put(name, claims)
    if claims.expires <= time.time():
        raise TokenExpired
    return claims


def digest_of(text: str) -> bytes:
    """Return what is stored of a refresh token."""
    return hashlib.sha256(text.encode(errors="replace")).digest()


_verified: Memory[bytes, Claims] = Memory(CACHED)


class _PlainEncoder(json.JSONEncoder):
    """ASCII without `>`, `?` and `~`.

    The old admin page decodes the payload with `atob`, which knows no `-` and `_`; of all ASCII
    only these three characters give such letters in base64.
    """

    def encode(self, o: Any) -> str:
        """Return JSON with the three characters escaped; they stand inside strings only."""
        text = super().encode(o)
        return text.replace(">", "\\u003e").replace("?", "\\u003f").replace("~", "\\u007e")


def _sign(claims: dict[str, Any], key: TokenKey) -> str:
    return jwt.encode(
        claims, key.signs, key.algorithm, headers={"kid": key.id}, json_encoder=_PlainEncoder
    )


def _verify(text: str, kind: str) -> Claims:
    options: Any = {"require": REQUIRED, "verify_aud": False}
    try:
        key = named_key(jwt.get_unverified_header(text).get("kid"))
        if key is None:
            raise TokenInvalid
        claims = jwt.decode(text, key.verifies, [key.algorithm], options=options)
        if claims["type"] != kind:
            raise TokenInvalid
        return Claims(UUID(claims["sid"]), UUID(claims["jti"]), float(claims["exp"]))
    except jwt.ExpiredSignatureError as error:
        raise TokenExpired from error
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
        raise TokenInvalid from error
