"""Device cookies: a browser that signed a person in before is known to be his (R14).

As OWASP's device cookies: what others fail from elsewhere, or beside him in the same network, is
counted apart from what fails in a known browser. The cookie proves no identity and opens nothing.
"""

import base64
import binascii
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponseBase

from apps.core.derived_keys import is_mac, mac

COOKIE = "portico_device"
DAYS = 400  # browsers keep a cookie no longer
KEYS = "devices"
MAC_BYTES = 20


def new_device(user_id: UUID) -> str:
    """Return the cookie of a new device of a person."""
    named = user_id.bytes + uuid4().bytes
    return base64.urlsafe_b64encode(named + mac(KEYS, named, MAC_BYTES)).decode()


def keep_device(response: HttpResponseBase, request: Any, user_id: UUID) -> None:
    """Set the device cookie unless the browser has one of this person."""
    if device_of(request.COOKIES.get(COOKIE, ""), user_id) is None:
        response.set_cookie(
            COOKIE, new_device(user_id), max_age=DAYS * 86_400, path="/api/",
            secure=request.is_secure(), httponly=True, samesite="Lax",
        )  # fmt: skip


def device_of(text: str, user_id: UUID | None) -> UUID | None:
    """Return the device's own id when the cookie was made here for this person, else None."""
    try:
        raw = base64.urlsafe_b64decode(text.encode())
        known, device = UUID(bytes=raw[:16]), UUID(bytes=raw[16:32])
    except (binascii.Error, ValueError):
        return None
    is_ours = is_mac(KEYS, raw[:32], raw[32:], MAC_BYTES)
    return device if is_ours and known == user_id else None
