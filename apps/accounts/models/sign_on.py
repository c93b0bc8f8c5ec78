"""Single sign-on: who is who at a provider, sign-ins under way, and proofs that were used up."""

from django.db import models

from apps.accounts.models.people import User
from apps.core import clock
from apps.core.models import Part, Record


class ExternalIdentity(Record):
    """A person as another system knows him (X13): `system` calls him `external_id`.

    The provider is part of the key: who runs one provider of an organization can name himself
    like another, and must not become its people by that.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="external_identities")
    provider = models.CharField(max_length=60)
    system = models.CharField(max_length=500)
    external_id = models.CharField(max_length=255)
    last_used_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "provider", "system", "external_id"],
                name="accounts_external_identity_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.external_id}"


class SignOn(Part):
    """A browser that was sent to a provider and has not come back yet.

    State, nonce, code verifier and the browser's cookie are made again from the id (see
    `links.py`); the row holds none of them. `request_id` is that of a SAML request.
    """

    provider = models.CharField(max_length=60)
    destination = models.CharField(max_length=200, blank=True)
    redirect_uri = models.CharField(max_length=500)
    request_id = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "expires_at"], name="accounts_sign_on_expiry")
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.id}"


class UsedProof(Part):
    """A SAML assertion or signed statement that signed somebody in; it does not do so again."""

    digest = models.BinaryField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "digest"], name="accounts_used_proof_once"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "expires_at"], name="accounts_used_proof_expiry")
        ]

    def __str__(self) -> str:
        return str(self.id)
