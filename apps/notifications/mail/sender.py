"""Who the mails come from: the address of MAIL_FROM, else one at the portal's own host."""

from urllib.parse import urlsplit

from django.conf import settings

FALLBACK = "localhost"


def address() -> str:
    """Return the sender's address."""
    return settings.MAIL_FROM or f"portal@{urlsplit(settings.PUBLIC_URL).hostname or FALLBACK}"


def domain() -> str:
    """Return the domain of the sender's address."""
    return address().rpartition("@")[2]
