"""Secrets of connections: the keyring of the installation, and new secrets for webhooks."""

import base64
import os

from apps.core.keyring import Keyring, Sealed, Unreadable

__all__ = ["Keyring", "Sealed", "Unreadable", "new_webhook_secret"]
WEBHOOK_BYTES = 32
WEBHOOK_PREFIX = "whsec_"


def new_webhook_secret() -> str:
    """Return a fresh secret in the form of Standard Webhooks: `whsec_` and base64."""
    return WEBHOOK_PREFIX + base64.b64encode(os.urandom(WEBHOOK_BYTES)).decode()
