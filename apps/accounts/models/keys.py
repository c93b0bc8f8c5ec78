"""API keys. Outside row security: a key is looked up before its organization is known."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.accounts.models.people import Membership, User
from apps.core.actors import ADMIN, OWNER, Actor
from apps.core.models import Versioned
from apps.organizations.models import Organization


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, actor: Actor) -> Self:
        """Owners and admins see all keys of the organization that work, others their own."""
        rows = self.filter(organization_id=actor.organization_id, revoked_at__isnull=True)
        return rows if actor.role in {OWNER, ADMIN} else rows.filter(user_id=actor.user_id)


class ApiKey(Versioned):
    """A key of a person (`pk_`) or of a service account (`sk_`), in one organization (R142).

    Its text is 32 random bytes, so its plain SHA-256 cannot be searched for as that of a password
    could; `prefix` is what people recognise it by.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=20)
    key_hash = models.BinaryField(unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    addresses = ArrayField(models.CharField(max_length=43), default=list)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=40, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["organization", "user", "created_at"],
                condition=Q(revoked_at__isnull=True),
                name="accounts_key_of_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"
