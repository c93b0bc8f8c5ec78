"""Secrets at rest: envelope encryption with AES-256-GCM (`integration.md`, section 4).

Each secret has a data key of its own, and a named key of the installation encrypts that. A new
named key therefore changes only the wrapped data key. The row's id and the purpose are associated
data of both: what is moved to another row does not open. Keys come newest first; the first one
seals, every one opens.
"""

import base64
import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES, TAG_BYTES, KEY_BYTES = 12, 16, 32
ENVELOPE = b"PE1\0"  # before the wrapped data key; older rows have none and open too
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES
SHOWN_FROM = 12  # of a shorter secret four letters would tell too much


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

    @property
    def newest(self) -> str:
        """The name of the key that seals."""
        return self.keys[0][0]

    def seal(self, row_id: UUID, purpose: str, secret: str) -> Sealed:
        """Return `secret` under a data key of its own, which the newest key wraps."""
        bound, data_key = _bound(row_id, purpose), AESGCM.generate_key(KEY_BYTES * 8)
        content = _encrypted(data_key, secret.encode(), bound)
        last_four = secret[-4:] if len(secret) >= SHOWN_FROM else ""
        return Sealed(self.newest, self._wrapped(data_key, bound) + content, last_four)

    def open(self, row_id: UUID, purpose: str, key_id: str, ciphertext: bytes) -> str:
        """Return the secret; raises Unreadable."""
        bound = _bound(row_id, purpose)
        if ciphertext.startswith(ENVELOPE):
            data_key = self._unwrapped(key_id, ciphertext, bound)
            return _decrypted(data_key, _content(ciphertext), bound).decode()
        return _decrypted(self._named(key_id), ciphertext, bound).decode()

    def rewrap(self, row_id: UUID, purpose: str, key_id: str, ciphertext: bytes) -> Sealed:
        """Return the same secret under the newest key: only its data key is encrypted anew.

        One that has no data key yet is sealed again. `last_four` stays empty: the row has it.
        Raises Unreadable, also when the secret itself was changed.
        """
        secret = self.open(row_id, purpose, key_id, ciphertext)
        if not ciphertext.startswith(ENVELOPE):
            sealed = self.seal(row_id, purpose, secret)
            return Sealed(sealed.key_id, sealed.ciphertext, "")
        bound = _bound(row_id, purpose)
        data_key = self._unwrapped(key_id, ciphertext, bound)
        return Sealed(self.newest, self._wrapped(data_key, bound) + _content(ciphertext), "")

    def _wrapped(self, data_key: bytes, bound: bytes) -> bytes:
        return ENVELOPE + _encrypted(self.keys[0][1], data_key, b"data-key:" + bound)

    def _unwrapped(self, key_id: str, ciphertext: bytes, bound: bytes) -> bytes:
        wrapped = ciphertext[len(ENVELOPE) : len(ENVELOPE) + WRAPPED_BYTES]
        return _decrypted(self._named(key_id), wrapped, b"data-key:" + bound)

    def _named(self, key_id: str) -> bytes:
        key = dict(self.keys).get(key_id)
        if key is None:
            raise Unreadable(f"no key is called {key_id}")
        return key


def keyring() -> Keyring:
    """Return the keys of this installation."""
    return Keyring.read(settings.CONNECTION_KEYS)


def _content(ciphertext: bytes) -> bytes:
    return ciphertext[len(ENVELOPE) + WRAPPED_BYTES :]


def _encrypted(key: bytes, content: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, bound)


def _decrypted(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise Unreadable("the secret was cut off")
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
    except InvalidTag as error:
        raise Unreadable("the secret was changed or moved") from error


def _bound(row_id: UUID, purpose: str) -> bytes:
    return row_id.bytes + purpose.encode()
