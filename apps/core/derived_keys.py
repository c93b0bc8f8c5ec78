"""Keys for one purpose each, derived from SECRET_KEY and from those that it replaced."""

import hashlib
import hmac
from functools import lru_cache

from django.conf import settings


def derived_keys(purpose: str) -> tuple[bytes, ...]:
    """Return the 32-byte keys of a purpose, the present one first.

    What is made uses the first; what comes back may have been made with any, until the operator
    takes the old secret out of SECRET_KEY_FALLBACKS.
    """
    return _derived(purpose, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def mac(purpose: str, content: bytes, length: int) -> bytes:
    """Return the first `length` bytes of an HMAC-SHA-256 under the present key."""
    return hmac.digest(derived_keys(purpose)[0], content, "sha256")[:length]


def macs(purpose: str, content: bytes, length: int) -> list[bytes]:
    """Return the MACs of `content` under all keys, the present one first."""
    return [hmac.digest(key, content, "sha256")[:length] for key in derived_keys(purpose)]


def is_mac(purpose: str, content: bytes, given: bytes, length: int) -> bool:
    """Whether `given` is the MAC of `content` under any of the keys; compared in constant time."""
    known = macs(purpose, content, length)
    return any(hmac.compare_digest(given, one) for one in known)


@lru_cache(maxsize=64)
def _derived(purpose: str, secrets: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(hashlib.sha256(f"{purpose}:{secret}".encode()).digest() for secret in secrets)
