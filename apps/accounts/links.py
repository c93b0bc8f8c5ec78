"""The texts of one-time links: made again from the stored row whenever they are asked (ADR 8).

A text is the row's id with a MAC over purpose and id. The table therefore holds nothing that
signs anybody in, events never carry a link, and a link of one purpose is none of another.
"""

import base64
import binascii
from uuid import UUID

from apps.accounts.errors import TokenInvalid
from apps.core.derived_keys import is_mac, mac

KEYS = "one-time-links"
MAC_BYTES = 20
INVITATION, REGISTRATION = "invitation", "registration"
OLD_ADDRESS, NEW_ADDRESS = "email_change:old", "email_change:new"


def link_text(link_id: UUID, purpose: str) -> str:
    """Return the text of a link: 48 letters that are safe in an address."""
    named = _named(link_id, purpose)
    return base64.urlsafe_b64encode(link_id.bytes + mac(KEYS, named, MAC_BYTES)).decode()


def read_link(text: str, purpose: str) -> UUID:
    """Return the id in a link's text; raises TokenInvalid for anything not made here for it."""
    try:
        raw = base64.urlsafe_b64decode(text.encode())
        link_id = UUID(bytes=raw[:16])
    except (binascii.Error, ValueError) as error:
        raise TokenInvalid from error
    is_canonical = base64.urlsafe_b64encode(raw).decode() == text
    if not is_canonical or not is_mac(KEYS, _named(link_id, purpose), raw[16:], MAC_BYTES):
        raise TokenInvalid
    return link_id


def _named(link_id: UUID, purpose: str) -> bytes:
    return purpose.encode() + b"\0" + link_id.bytes
