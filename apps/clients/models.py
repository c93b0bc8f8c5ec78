"""Client companies and the people who speak for them."""

from typing import Any, Self

import orjson
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from apps.accounts.models import User
from apps.core.actors import Actor
from apps.core.models import Record

MAX_CUSTOM_BYTES = 16_384


def check_custom(value: Any) -> None:
    """Raise ValidationError unless `value` may stand in a `custom` column.

    It is an object of at most 16 KiB as JSON, without NUL, which jsonb cannot hold.
    """
    if not isinstance(value, dict):
        raise ValidationError("Send an object.")
    text = orjson.dumps(value)
    if len(text) > MAX_CUSTOM_BYTES:
        raise ValidationError(f"Send at most {MAX_CUSTOM_BYTES} bytes.")
    if b"\\u0000" in text.replace(b"\\\\", b""):
        raise ValidationError("The character NUL cannot be stored.")


class ClientQuerySet(models.QuerySet["Client"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team sees all companies of the organization, a contact his own."""
        rows = self.filter(organization_id=actor.organization_id, deleted_at__isnull=True)
        return rows if actor.is_team else rows.filter(id__in=actor.client_ids)

    def restorable_to(self, actor: Actor) -> Self:
        """What `actor` sees, and for the team also the deleted companies."""
        if actor.is_client:
            return self.visible_to(actor)
        return self.filter(organization_id=actor.organization_id)


class Client(Record):
    """A customer company (or person) of the organization (P41)."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        ARCHIVED = "archived"

    name = models.CharField(max_length=200)
    company = models.CharField(max_length=200, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    address = models.JSONField(default=dict, blank=True)
    website = models.URLField(max_length=300, blank=True)
    tax_id = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3, default="EUR")
    timezone = models.CharField(max_length=60, default="UTC")
    locale = models.CharField(max_length=10, default="en")
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    notes = models.TextField(max_length=10_000, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = ClientQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="clients_client_new"),
            models.Index(fields=["organization", "name"], name="clients_client_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team sees all contacts of the organization, a contact those of his companies."""
        rows = self.filter(
            organization_id=actor.organization_id,
            deleted_at__isnull=True,
            client__deleted_at__isnull=True,
        )
        return rows if actor.is_team else rows.filter(client_id__in=actor.client_ids)


class Contact(Record):
    """A person of a client company; with a `user` he can sign in (P42)."""

    class Role(models.TextChoices):
        ADMIN = "admin"
        MEMBER = "member"
        APPROVER = "approver"
        VIEWER = "viewer"

    client = models.ForeignKey(Client, models.PROTECT, related_name="contacts")
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="contacts")
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100, blank=True)
    email = models.EmailField(max_length=254)
    phone = models.CharField(max_length=40, blank=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    is_primary = models.BooleanField(default=False)
    is_billing = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "client", "user"],
                condition=models.Q(deleted_at__isnull=True, user__isnull=False),
                name="clients_contact_user_once",
            ),
            models.UniqueConstraint(
                models.F("organization"),
                models.F("client"),
                Lower("email"),
                condition=models.Q(deleted_at__isnull=True),
                name="clients_contact_email_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "client"],
                condition=models.Q(deleted_at__isnull=True, is_primary=True),
                name="clients_contact_one_primary",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "client", "-created_at", "-id"], name="clients_contact_new"
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
