"""Recovery codes: 60 random bits each, kept as a MAC that only this installation can make."""

import hashlib
import hmac
import secrets
from uuid import UUID

from django.conf import settings

CODES = 10
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that look alike
GROUPS, GROUP = 3, 4


def new_code() -> str:
    """Return a code such as `7kd3-m2xp-a9fh`."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def code_hash(user_id: UUID, code: str) -> bytes:
    """Return what is stored of a person's code, however it was typed."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    key = hashlib.sha256(b"recovery-codes:" + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, user_id.bytes + plain.encode(), "sha256")
