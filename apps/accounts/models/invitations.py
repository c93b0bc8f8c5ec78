"""How people come in: invited by the studio, or by their own wish.

Outside row security: their links are opened before anybody has signed in.
"""

from typing import Self

from django.db import models
from django.db.models import Case, CharField, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from apps.accounts.models.people import Membership, User
from apps.core.actors import ADMIN, CLIENT, OWNER, STAFF, SYSTEM, Actor
from apps.core.models import Versioned
from apps.organizations.models import Organization


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, actor: Actor) -> Self:
        """Owner and admins see all, staff those of clients' contacts, everybody else his own."""
        rows = self.filter(organization_id=actor.organization_id)
        if actor.role in {OWNER, ADMIN, SYSTEM}:
            return rows
        if actor.role == STAFF:
            return rows.filter(role=CLIENT)
        return rows.filter(invited_by_id=actor.user_id)

    def open(self) -> Self:
        """Those that were neither accepted nor revoked; some may have run out."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)


class Invitation(Versioned):
    """An offer of a role to an e-mail address, which may or may not belong to an account.

    `client_id` names the company whose contact the person becomes: clients live above this app.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        ACCEPTED = "accepted"
        REVOKED = "revoked"
        EXPIRED = "expired"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=12, choices=Membership.Role)
    client_id = models.UUIDField(null=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email", "client_id"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                nulls_distinct=False,
                name="accounts_invitation_open_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "-created_at", "-id"], name="accounts_invitation_new"
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"


def invitation_status(prefix: str = "") -> Combinable:
    """Return the state of an invitation as PostgreSQL computes it: time alone ends one."""
    return Case(
        When(Q(**{f"{prefix}accepted_at__isnull": False}), then=Value("accepted")),
        When(Q(**{f"{prefix}revoked_at__isnull": False}), then=Value("revoked")),
        When(Q(**{f"{prefix}expires_at__lte": Now()}), then=Value("expired")),
        default=Value("pending"),
        output_field=CharField(),
    )


class Registration(Versioned):
    """A wish for an account by whoever typed an address, known or not.

    Nobody's account until the address is confirmed with the same password, so that a stranger
    can neither hold an address nor choose the password of its owner.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    email = models.EmailField(max_length=254)
    password = models.CharField(max_length=128)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    address = models.CharField(max_length=45, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["email", "created_at"], name="accounts_registration_window")
        ]

    def __str__(self) -> str:
        return self.email
