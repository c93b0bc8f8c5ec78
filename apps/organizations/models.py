"""Organizations stand outside row security: a request must find its tenant before it enters it."""

from functools import reduce
from operator import getitem
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.actors import ADMIN, OWNER, SYSTEM, Actor
from apps.core.models import Part, Record, Versioned
from apps.core.privacy import DEFAULT_TIMES


def default_settings() -> dict[str, Any]:
    """Return the settings document of a new organization (C11). Optional parts are off (R143)."""
    return {
        "version": 1,
        "database": {
            "schema": "shared",
            "migrations": {"client_custom_tables": []},
            "integrations": [],
        },
        "apis": {
            "customEndpoints": [],
            "authProviders": [],
            "rateLimit": {"tier": "standard", "limits": {}, "overrides": []},
        },
        "integrations": {"thirdParty": [], "webhooks": []},
        "features": {
            "engagement": False,
            "routines": False,
            "orders": False,
            "analytics": False,
            "open_registration": False,
        },
        "limits": {
            "upload_mb": 2048,
            "node_upload_mb": 10,
            "upload_files": 10,
            "project_gb": 20,
            "attachments": 5,
            "storage_gb": 50,
            "users": 100,
        },
        "branding": {"logo_file_id": None, "colors": {}, "from_email": None, "domains": []},
        "locale": {"week_start": 1},
        "security": {
            "mfa_required_roles": [],
            "mfa_required_client_ids": [],
            "step_up_payments": False,
            "session_days": 7,
            "password_login": True,
            "password_login_off_for_roles": [],
            "allowed_origins": [],
            "staff_see_assigned_only": False,
        },
        "payments": {
            "providers": [{"name": "fake"}],
            "invoice_prefix": "INV",
            "due_days": 14,
            "reminders_days": [-3, 1, 7, 14],
        },
        "coordination": {
            "patterns": {},
            "escalation_hours": {"manager": 4, "owner": 24},
            "status_update": "weekly",
            "capacity_hours": 32,
        },
        "events": {"transport": "postgres", "routes": []},
        "retention": dict(DEFAULT_TIMES),
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

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at", "id"],
                condition=Q(status="active"),
                name="organizations_oldest",
            )
        ]

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


class LeadersQuerySet(models.QuerySet[Any]):
    def visible_to(self, actor: Actor) -> Self:
        """Owner and admin see what configures their organization (C18)."""
        rows = self.filter(organization_id=actor.organization_id)
        return rows if actor.role in {OWNER, ADMIN, SYSTEM} else rows.none()


class ConfigVersion(Part):
    """The settings document as it once was. The present one stands in the organization's row."""

    number = models.PositiveIntegerField()
    document = models.JSONField()
    changed = ArrayField(models.CharField(max_length=300), default=list)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = LeadersQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "number"], name="organizations_config_number_once"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="config_version_new")
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class OrganizationSecret(Record):
    """A secret that the document names by `secret_ref`; sealed, and never shown again."""

    name = models.CharField(max_length=40)
    key_id = models.CharField(max_length=30)
    ciphertext = models.BinaryField()
    last_four = models.CharField(max_length=4, blank=True)

    objects = LeadersQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="organizations_secret_name_once"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="org_secret_new")
        ]

    def __str__(self) -> str:
        return self.name


class Domain(Record):
    """A host name that an organization claims. Outside row security: it tells who the tenant is.

    A claim counts once its text record was seen; of several claims only one can be verified.
    """

    name = models.CharField(max_length=253)
    proof = models.CharField(max_length=64)
    verified_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)

    objects = LeadersQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="organizations_domain_claimed_once"
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(verified_at__isnull=False),
                name="organizations_domain_verified_once",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="org_domain_new")
        ]

    def __str__(self) -> str:
        return self.name
