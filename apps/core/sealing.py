"""Encryption of what is kept for a while and may hold a secret, under the portal's own key."""

import hashlib
import os
from functools import cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


def seal(content: bytes, purpose: str) -> bytes:
    """Return `nonce || ciphertext` (AES-256-GCM); `purpose` must be given again to open it."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, content, purpose.encode())


def unseal(sealed: bytes, purpose: str) -> bytes:
    """Return the content. Raises cryptography's InvalidTag for another purpose or key."""
    nonce, content = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    return _cipher(settings.SECRET_KEY).decrypt(nonce, content, purpose.encode())


@cache
def _cipher(secret: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"sealing:" + secret.encode()).digest())
