"""What anybody may know of an organization: its name, its colours, what is switched on (P115)."""

from dataclasses import asdict
from typing import Any

from apps.organizations.document.colours import palette
from apps.organizations.models import Organization


def public_face(organization: Organization) -> dict[str, Any]:
    """Return what a client needs before it draws anything. A part that is off is not named."""
    branding = organization.setting("branding")
    shades = palette(branding.get("colors", {}))
    features = organization.setting("features")
    return {
        "organization": {"name": organization.name, "slug": organization.slug},
        "branding": {
            "colors": branding.get("colors", {}),
            "palette": asdict(shades) if shades else None,
            "logo_url": "/branding/logo" if branding.get("logo_file_id") else None,
        },
        "features": sorted(name for name, is_on in features.items() if is_on),
        "locale": {
            "language": organization.locale,
            "timezone": organization.timezone,
            "currency": organization.currency,
            "week_start": organization.setting("locale").get("week_start", 1),
        },
        "sign_in": {
            "password": bool(organization.setting("security.password_login")),
            "open_registration": bool(organization.setting("features.open_registration")),
        },
    }
