"""Keyset cursors: opaque, signed, bound to their list, valid 24 hours (C1).

The text is base64url of `mac || json`, where the JSON is `[expiry, digest, direction, value,
id]`. `digest` stands for path, sort and filters, so a cursor of another list is refused.
"""

import base64
import binascii
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson

from apps.core.derived_keys import is_mac, mac
from apps.core.errors import InvalidCursor

LIFETIME_SECONDS = 24 * 3600
MAC_BYTES = 16
MAX_CHARACTERS = 1000
FORWARD, BACKWARD = "n", "p"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list: the sort value and the id of a row, and the way to go from there."""

    direction: str
    value: Any
    id: UUID


def list_digest(path: str, sort: str, filters: tuple[tuple[str, str], ...]) -> str:
    """Return the short name of one list as its cursors carry it."""
    content = orjson.dumps([path, sort, sorted(filters)])
    return hashlib.blake2b(content, digest_size=9).hexdigest()


def encode(position: Position, digest: str) -> str:
    """Return the cursor text of a position in the list named by `digest`."""
    expiry = int(time.time()) + LIFETIME_SECONDS
    kind, text = _dump(position.value)
    content = orjson.dumps([expiry, digest, position.direction, kind, text, str(position.id)])
    signed = mac("cursor", content, MAC_BYTES) + content
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def decode(cursor: str, digest: str) -> Position:
    """Return the position; raises InvalidCursor for a foreign, altered or old cursor."""
    if len(cursor) > MAX_CHARACTERS:
        raise InvalidCursor
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise InvalidCursor from error
    given, content = raw[:MAC_BYTES], raw[MAC_BYTES:]
    if not is_mac("cursor", content, given, MAC_BYTES):
        raise InvalidCursor
    expiry, owner, direction, kind, text, row_id = orjson.loads(content)
    if owner != digest or expiry < time.time():
        raise InvalidCursor
    return Position(direction, _load(kind, text), UUID(row_id))


def _dump(value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return "t", value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return "d", value.isoformat()
    if isinstance(value, UUID):
        return "u", str(value)
    return "v", value


def _load(kind: str, text: Any) -> Any:
    loaders: dict[str, Callable[[str], Any]] = {
        "t": datetime.fromisoformat,
        "d": date.fromisoformat,
        "u": UUID,
    }
    return loaders[kind](text) if kind in loaders else text
