"""Organizations stand outside row security: a request must find its tenant before it enters it."""

from functools import reduce
from operator import getitem
from typing import Any, Self

from django.db import models

from apps.core.actors import Actor
from apps.core.models import Versioned


def default_settings() -> dict[str, Any]:
    """Return the settings document of a new organization (C11, the parts in use)."""
    return {
        "version": 1,
        "apis": {"authProviders": [], "rateLimit": {"tier": "standard", "limits": {}}},
        "features": {"open_registration": False},
        "limits": {"upload_mb": 2048, "node_upload_mb": 10, "upload_files": 10},
        "security": {
            "mfa_required_roles": [],
            "password_login": True,
            "allowed_origins": [],
            "staff_see_assigned_only": False,
        },
        "payments": {"providers": [{"name": "fake"}], "invoice_prefix": "INV", "due_days": 14},
    }


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, actor: Actor) -> Self:
        """A person sees the organization he works in, and no other."""
        return self.filter(id=actor.organization_id)


class Organization(Versioned):
    """A tenant: one studio with its own clients, people, numbers and settings."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        LOCKED = "locked"

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    currency = models.CharField(max_length=3, default="EUR")
    timezone = models.CharField(max_length=60, default="UTC")
    locale = models.CharField(max_length=10, default="en")
    settings = models.JSONField(default=default_settings)
    is_demo = models.BooleanField(default=False)

    objects = OrganizationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def setting(self, path: str) -> Any:
        """Return a value of the settings document, for example `security.password_login`.

        What the document does not say is as in a new organization's. Raises KeyError.
        """
        found: Any = self.settings
        for name in path.split("."):
            if not isinstance(found, dict) or name not in found:
                return reduce(getitem, path.split("."), default_settings())
            found = found[name]
        return found

    def limit(self, name: str) -> int:
        """Return a number of the settings document's `limits`, for example `upload_mb`."""
        known = default_settings()["limits"] | self.settings.get("limits", {})
        return int(known[name])
