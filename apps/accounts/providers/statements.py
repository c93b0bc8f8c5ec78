"""Signed statements of a client's own system: a JWT that its server made for one sign-in (P16)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.accounts.providers.calls import Caller
from apps.accounts.providers.identities import Identity, ProofRefused, address, exact, word
from apps.accounts.providers.key_sets import KIND_OF, SKEW_SECONDS, claims_of, header_of, key_for

SHARED = "HS256"
ALGORITHMS = (*KIND_OF, SHARED)
SECRET_BYTES = 32
AHEAD_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Speaker:
    """A system whose statements count. Either a key set or, for HS256 alone, a shared secret."""

    system: str
    algorithm: str
    audience: str
    issuer: str | None
    jwks_url: str
    secret: str
    claim_map: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Statement:
    """A person, with the statement's number and the time (Unix) after which it is no good."""

    identity: Identity
    number: str
    ends: float


def statement_of(caller: Caller, speaker: Speaker, token: str) -> Statement:
    """Return what a token states. Raises ProofRefused, ProviderAway."""
    if speaker.algorithm == SHARED:
        header_of(token, [SHARED])
        key: Any = speaker.secret
    else:
        key = key_for(caller, speaker.jwks_url, token, [speaker.algorithm])
    claims = claims_of(
        token, key, audience=speaker.audience, issuer=speaker.issuer,
        algorithms=[speaker.algorithm], required=["sub", "jti"],
    )  # fmt: skip
    ends = float(claims["exp"])
    if ends > time.time() + AHEAD_SECONDS + SKEW_SECONDS:
        raise ProofRefused("too_long_valid")
    subject = exact(_mapped(speaker, claims, "subject", "sub"))
    number = exact(claims["jti"])
    if not subject or not number:
        raise ProofRefused("claim_missing")
    return Statement(_identity(speaker, claims, subject), number, ends + SKEW_SECONDS)


def _identity(speaker: Speaker, claims: dict[str, Any], subject: str) -> Identity:
    """Return the person. A system that the studio trusts to sign speaks for its addresses, too."""
    return Identity(
        system=speaker.system,
        external_id=subject,
        email=address(_mapped(speaker, claims, "email")),
        is_email_verified=claims.get("email_verified", True) is True,
        first_name=word(_mapped(speaker, claims, "first_name", "given_name"), 100),
        last_name=word(_mapped(speaker, claims, "last_name", "family_name"), 100),
        claims=claims,
    )


def _mapped(speaker: Speaker, claims: dict[str, Any], name: str, usual: str = "") -> Any:
    return claims.get(speaker.claim_map.get(name, usual or name))
