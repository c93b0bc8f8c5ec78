"""Who the mails come from, and how they look: the organization's own where it says so (P115).

Its address is used once it has proved the domain; until then, and for all others, the mails come
from MAIL_FROM, else from an address at the portal's own host.
"""

from urllib.parse import urlsplit

from django.conf import settings

from apps.organizations.document.colours import palette
from apps.organizations.models import Domain, Organization

FALLBACK = "localhost"


def address() -> str:
    """Return the sender's address."""
    return settings.MAIL_FROM or f"portal@{urlsplit(settings.PUBLIC_URL).hostname or FALLBACK}"


def domain() -> str:
    """Return the domain of the sender's address."""
    return address().rpartition("@")[2]


def address_of(organization: Organization) -> str:
    """Return the address that an organization's mails come from."""
    own: str | None = organization.setting("branding").get("from_email")
    if not own:
        return address()
    host = own.rpartition("@")[2].lower()
    proved = Domain.objects.filter(organization=organization, name=host, verified_at__isnull=False)
    return own if proved.exists() else address()


def look_of(organization: Organization) -> dict[str, str]:
    """Return the studio's name and colours as the letters name them."""
    shades = palette(organization.setting("branding").get("colors", {}))
    if shades is None:
        return {"studio": organization.name}
    return {
        "studio": organization.name,
        "brand_solid": shades.solid,
        "brand_on": shades.on_solid,
        "brand_text": shades.text,
        "brand_dark": shades.dark_solid,
        "brand_dark_on": shades.dark_on_solid,
        "brand_dark_text": shades.dark_text,
    }
