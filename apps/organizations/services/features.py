"""Optional parts of the portal, switched on by an organization's settings (P116, R143)."""

from uuid import UUID

from apps.core.errors import NotFound
from apps.organizations.models import Organization


def is_on(organization_id: UUID, feature: str) -> bool:
    """Whether an organization uses an optional part. Raises KeyError for an unknown name."""
    organization = Organization.objects.only("settings").get(id=organization_id)
    return bool(organization.setting(f"features.{feature}"))


def require_feature(organization_id: UUID, feature: str) -> None:
    """Raise NotFound where the part is off: its routes are as if they were not there."""
    if not is_on(organization_id, feature):
        raise NotFound
