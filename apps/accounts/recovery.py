"""Recovery codes: 60 random bits each, kept as a MAC that only this installation can make."""

import secrets
from uuid import UUID

from apps.core.derived_keys import macs

CODES = 10
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that look alike
GROUPS, GROUP = 3, 4
HASH_BYTES = 32


def new_code() -> str:
    """Return a code such as `7kd3-m2xp-a9fh`."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def code_hash(user_id: UUID, code: str) -> bytes:
    """Return what is stored of a person's code, however it was typed."""
    return code_hashes(user_id, code)[0]


def code_hashes(user_id: UUID, code: str) -> list[bytes]:
    """Return what may be stored of a code: under the present SECRET_KEY first, then former ones."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return macs("recovery-codes", user_id.bytes + plain.encode(), HASH_BYTES)
