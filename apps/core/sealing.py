"""Encryption of what is kept for a while and may hold a secret, under the portal's own key."""

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.core.derived_keys import derived_keys

NONCE_BYTES = 12


def seal(content: bytes, purpose: str) -> bytes:
    """Return `nonce || ciphertext` (AES-256-GCM); `purpose` must be given again to open it."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(derived_keys("sealing")[0]).encrypt(nonce, content, purpose.encode())


def unseal(sealed: bytes, purpose: str) -> bytes:
    """Return the content. Raises cryptography's InvalidTag for another purpose or key."""
    nonce, content = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    *older, oldest = derived_keys("sealing")
    for key in older:
        try:
            return _cipher(key).decrypt(nonce, content, purpose.encode())
        except InvalidTag:
            continue
    return _cipher(oldest).decrypt(nonce, content, purpose.encode())


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)
