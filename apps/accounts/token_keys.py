"""The keys that sign tokens: each has a name in the header and one algorithm of its own.

HS256 under SECRET_KEY by default, which the old front end's servers knew too. With
TOKEN_PRIVATE_KEY (PEM) tokens are signed with EdDSA (Ed25519) or RS256 and others may verify them
with the public key. Earlier keys stay good for verifying while they are configured.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from django.conf import settings

SMALLEST_RSA = 2048


@dataclass(frozen=True, slots=True, repr=False)
class TokenKey:
    """A key by its name; `signs` is None for one that only verifies."""

    id: str
    algorithm: str
    signs: Any
    verifies: Any


def token_keys() -> tuple[TokenKey, ...]:
    """Return the keys, the one that signs first."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return _keys(secrets, settings.TOKEN_PRIVATE_KEY, settings.TOKEN_PUBLIC_KEYS)


def named_key(key_id: object) -> TokenKey | None:
    """Return the key of a token's header, or None: an algorithm is never taken from the token."""
    return next((key for key in token_keys() if key.id == key_id), None)


@lru_cache(maxsize=4)
def _keys(secrets: tuple[str, ...], private: str, publics: str) -> tuple[TokenKey, ...]:
    shared = tuple(TokenKey(_name(one.encode()), "HS256", one, one) for one in secrets)
    own = (private_token_key(private),) if private else ()
    return (*own, *shared, *public_token_keys(publics))


def private_token_key(pem: str) -> TokenKey:
    """Return the key of a PEM; raises ValueError for any but Ed25519 and RSA of 2048 bits."""
    key = serialization.load_pem_private_key(_lines(pem).encode(), password=None)
    if isinstance(key, Ed25519PrivateKey | RSAPrivateKey):
        return _asymmetric(key.public_key(), key)
    raise ValueError("must be an Ed25519 or RSA key")


def public_token_keys(pems: str) -> tuple[TokenKey, ...]:
    """Return the keys of PEMs that follow each other; raises ValueError as above."""
    end = "-----END PUBLIC KEY-----"
    parts = [f"{part.strip()}\n{end}" for part in _lines(pems).split(end) if part.strip()]
    loaded = [serialization.load_pem_public_key(one.encode()) for one in parts]
    return tuple(_asymmetric(key, None) for key in loaded)


def _lines(pem: str) -> str:
    """Return a PEM whose line ends were written as `\\n`, as an environment variable has them."""
    return pem.replace("\\n", "\n")


def _asymmetric(public: Any, private: Any) -> TokenKey:
    raw = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if isinstance(public, Ed25519PublicKey):
        return TokenKey(_name(raw), "EdDSA", private, public)
    if isinstance(public, RSAPublicKey) and public.key_size >= SMALLEST_RSA:
        return TokenKey(_name(raw), "RS256", private, public)
    raise ValueError("must be an Ed25519 key, or an RSA key of at least 2048 bits")


def _name(key: bytes) -> str:
    return hashlib.sha256(b"token-key:" + key).hexdigest()[:12]
