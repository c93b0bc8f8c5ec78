"""Secrets at rest: AES-256-GCM under a named key (`integration.md`, section 4).

The row's id and the purpose are associated data: a ciphertext that is moved to another row does
not open. Keys come newest first; the first one seals, every one opens.
"""

import base64
import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


class Unreadable(RuntimeError):
    """The key that sealed a secret is not configured, or the row was changed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as the table keeps it."""

    key_id: str
    ciphertext: bytes
    last_four: str


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """The keys by name, newest first."""

    keys: tuple[tuple[str, bytes], ...]

    @classmethod
    def read(cls, text: str) -> "Keyring":
        """Return the keys of `name:base64,…`, the form of the setting CONNECTION_KEYS."""
        pairs = (item.partition(":")[::2] for item in text.split(","))
        return cls(tuple((name, base64.b64decode(key)) for name, key in pairs))

    def seal(self, row_id: UUID, purpose: str, secret: str) -> Sealed:
        """Return `secret` encrypted under the newest key."""
        name, key = self.keys[0]
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, secret.encode(), _bound(row_id, purpose))
        return Sealed(name, nonce + sealed, secret[-4:])

    def open(self, row_id: UUID, purpose: str, key_id: str, ciphertext: bytes) -> str:
        """Return the secret; raises Unreadable."""
        key = dict(self.keys).get(key_id)
        if key is None:
            raise Unreadable(f"no key is called {key_id}")
        nonce, sealed = ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, sealed, _bound(row_id, purpose)).decode()
        except InvalidTag as error:
            raise Unreadable("the secret was changed or moved") from error


def keyring() -> Keyring:
    """Return the keys of this installation."""
    return Keyring.read(settings.CONNECTION_KEYS)


def _bound(row_id: UUID, purpose: str) -> bytes:
    return row_id.bytes + purpose.encode()
