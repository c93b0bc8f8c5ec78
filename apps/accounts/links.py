"""The texts of one-time links: made again from the stored row whenever they are asked (ADR 8).

A text is the row's id with a MAC over purpose and id. The table therefore holds nothing that
signs anybody in, events never carry a link, and a link of one purpose is none of another.
"""

import base64
import binascii
import hashlib
import hmac
from uuid import UUID

from django.conf import settings

from apps.accounts.errors import TokenInvalid

MAC_BYTES = 20
INVITATION, REGISTRATION = "invitation", "registration"
OLD_ADDRESS, NEW_ADDRESS = "email_change:old", "email_change:new"


def link_text(link_id: UUID, purpose: str) -> str:
    """Return the text of a link: 48 letters that are safe in an address."""
    return base64.urlsafe_b64encode(link_id.bytes + _mac(link_id, purpose)).decode()


def read_link(text: str, purpose: str) -> UUID:
    """Return the id in a link's text; raises TokenInvalid for anything not made here for it."""
    try:
        link_id = UUID(bytes=base64.urlsafe_b64decode(text.encode())[:16])
    except (binascii.Error, ValueError) as error:
        raise TokenInvalid from error
    if not hmac.compare_digest(text.encode(), link_text(link_id, purpose).encode()):
        raise TokenInvalid
    return link_id


def _mac(link_id: UUID, purpose: str) -> bytes:
    key = hashlib.sha256(b"one-time-links:" + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, purpose.encode() + b"\0" + link_id.bytes, "sha256")[:MAC_BYTES]
