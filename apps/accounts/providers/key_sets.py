"""Key sets (RFC 7517) and the check of a signed statement against one (RFC 7519, RFC 8725).

The algorithm comes from our settings and the key must be of its kind, so that no header can make a
public key a shared secret or leave the signature out. A key id that is not known fetches the set
again, a few times a minute at most: rotation works at once, and a flood of ids reaches nobody.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from apps.accounts.providers.calls import Caller
from apps.accounts.providers.identities import ProofRefused, ProviderAway
from apps.core.memory import Memory

KIND_OF = {"RS256": "RSA", "ES256": "EC"}
SKEW_SECONDS = 60
FRESH_SECONDS = 600
AGAIN_SECONDS, AGAIN_TIMES = 60, 6
RSA_BITS = 2048
Claims = dict[str, Any]


@dataclass(slots=True)
class _KeySet:
    keys: list[dict[str, Any]]
    fetched: float
    again: list[float] = field(default_factory=list)


_sets: Memory[str, _KeySet] = Memory(500)


def key_for(caller: Caller, url: str, token: str, algorithms: Sequence[str]) -> Any:
    """Return the public key that a token names. Raises ProofRefused, ProviderAway."""
    header = header_of(token, algorithms)
    known = _set_of(caller, url)
    found = _choose(known.keys, header)
    if found is None and _may_ask_again(known):
        known = _fetch(caller, url, known.again)
        found = _choose(known.keys, header)
    if found is None:
        raise ProofRefused("unknown_key")
    return _loaded(found)


def header_of(token: str, algorithms: Sequence[str]) -> dict[str, Any]:
    """Return the header of a token whose algorithm is one of ours. Raises ProofRefused."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise ProofRefused("malformed") from error
    if header.get("alg") not in algorithms:
        raise ProofRefused("algorithm")
    return header


def claims_of(
    token: str,
    key: Any,
    *,
    algorithms: Sequence[str],
    required: Sequence[str],
    audience: str,
    issuer: str | None,
) -> Claims:
    """Return the claims of a token that is signed, meant for us and in force now.

    Times may differ by a minute. Raises ProofRefused with the reason.
    """
    options: Any = {"require": ["exp", "iat", "aud", *required]}
    try:
        return jwt.decode(
            token, key, algorithms, options=options, audience=audience, issuer=issuer,
            leeway=SKEW_SECONDS,
        )  # fmt: skip
    except jwt.InvalidTokenError as error:
        raise ProofRefused(_reason(error)) from error


REASONS: tuple[tuple[type[jwt.InvalidTokenError], str], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "not_yet_valid"),
    (jwt.InvalidIssuedAtError, "not_yet_valid"),
    (jwt.InvalidAudienceError, "audience"),
    (jwt.InvalidIssuerError, "issuer"),
    (jwt.MissingRequiredClaimError, "claim_missing"),
    (jwt.InvalidAlgorithmError, "algorithm"),
    (jwt.InvalidSignatureError, "signature"),
)


def _reason(error: jwt.InvalidTokenError) -> str:
    return next((word for kind, word in REASONS if isinstance(error, kind)), "malformed")


def _set_of(caller: Caller, url: str) -> _KeySet:
    known = _sets.get(url)
    if known is not None and time.time() - known.fetched < FRESH_SECONDS:
        return known
    return _fetch(caller, url, known.again if known else [])


def _fetch(caller: Caller, url: str, again: list[float]) -> _KeySet:
    keys = caller.fetch_json(url).get("keys")
    if not isinstance(keys, list):
        raise ProviderAway("the key set holds no keys")
    found = _KeySet([key for key in keys if isinstance(key, dict)], time.time(), again)
    _sets.put(url, found)
    return found


def _may_ask_again(known: _KeySet) -> bool:
    now = time.time()
    known.again = [moment for moment in known.again if abs(now - moment) < AGAIN_SECONDS]
    if len(known.again) >= AGAIN_TIMES:
        return False
    known.again.append(now)
    return True


def _choose(keys: list[dict[str, Any]], header: dict[str, Any]) -> dict[str, Any] | None:
    """Return the one key that fits; without a key id only when there is no choice."""
    algorithm, name = header["alg"], header.get("kid")
    fitting = [
        key
        for key in keys
        if key.get("kty") == KIND_OF[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (name is None or key.get("kid") == name)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _loaded(key: dict[str, Any]) -> Any:
    try:
        loaded = jwt.PyJWK(key).key
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise ProviderAway("a key of the key set cannot be read") from error
    if isinstance(loaded, RSAPublicKey) and loaded.key_size < RSA_BITS:
        raise ProofRefused("weak_key")
    return loaded
