"""Sessions, their refresh tokens, and failed sign-ins. Outside row security, like people."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from apps.accounts.models.keys import ApiKey
from apps.accounts.models.people import Membership, User
from apps.core import clock
from apps.core.actors import Actor
from apps.core.ids import uuid7
from apps.core.models import Versioned
from apps.organizations.models import Organization


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, actor: Actor) -> Self:
        """Everybody sees his own sessions, and nobody else's."""
        return self.filter(organization_id=actor.organization_id, user_id=actor.user_id)

    def live(self) -> Self:
        """Those that still sign in, by the database's time: lists keep their statement."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=Now())


class Session(Versioned):
    """One sign-in on one device: a family of refresh tokens, ended as a whole.

    One that a program opened with an API key (RFC 6749, section 4.4) has the key and its scopes.
    """

    class Face(models.TextChoices):
        API = "v1"
        NODE = "node"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="sessions")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    api_key = models.ForeignKey(ApiKey, models.PROTECT, null=True, related_name="+")
    scopes = ArrayField(models.CharField(max_length=40), null=True)
    face = models.CharField(max_length=4, choices=Face, default=Face.API)
    method = models.CharField(max_length=20, default="password")
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    last_used_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    proved_at = models.DateTimeField(
        default=clock.now, help_text="When the person last proved who he is; no refresh does (R25)."
    )
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=40, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "created_at"], name="accounts_session_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.user_agent[:40]}"


class RefreshToken(models.Model):
    """One generation of a session's refresh token; only its SHA-256 is kept (R16)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(Session, models.CASCADE, related_name="tokens")
    token_hash = models.BinaryField(unique=True)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    successor = models.OneToOneField("self", models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return str(self.id)


class SignInAttempt(Versioned):
    """A failed sign-in: what the throttle counts. `user` is null for an unknown e-mail.

    `device` names the browser when the person had signed in with it before.
    """

    organization_id = models.UUIDField()
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    email = models.CharField(max_length=254)
    address = models.CharField(max_length=45)
    device = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["email", "device", "created_at"], name="accounts_attempt_window")
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.address}"
