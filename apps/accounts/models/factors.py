"""Second factors, recovery codes, open sign-ins. Outside row security: asked before the tenant."""

from typing import Self
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Q

from apps.accounts.models.people import Membership, MembershipQuerySet, User
from apps.core import clock
from apps.core.actors import Actor
from apps.core.ids import uuid7
from apps.core.models import Versioned
from apps.organizations.models import Organization


class FactorQuerySet(models.QuerySet["Factor"]):
    def visible_to(self, actor: Actor) -> Self:
        """Everybody sees his own factors, and nobody else's."""
        return self.filter(user_id=actor.user_id).confirmed()

    def confirmed(self) -> Self:
        """Those that count: a code was given, or the passkey signed its challenge."""
        return self.filter(confirmed_at__isnull=False)

    def of_person(self, user_id: UUID, kind: str) -> Self:
        """The person's confirmed factors of a kind."""
        return self.filter(user_id=user_id, kind=kind).confirmed()


class Factor(Versioned):
    """An authenticator app or a passkey of a person. Its events belong to `organization`.

    It is asked wherever the person signs in, whatever the membership. The seed of an app is
    sealed under the row's id (`apps.core.keyring`); of a passkey only the public key is known.
    """

    class Kind(models.TextChoices):
        TOTP = "totp"
        PASSKEY = "passkey"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=100)
    confirmed_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    key_id = models.CharField(max_length=40, blank=True)
    ciphertext = models.BinaryField(null=True)
    last_step = models.BigIntegerField(null=True, help_text="The newest step whose code was used.")

    credential_id = models.BinaryField(null=True, unique=True, max_length=1023)
    credential = models.BinaryField(null=True, help_text="AAGUID, id and COSE public key.")
    sign_count = models.PositiveBigIntegerField(default=0)
    host = models.CharField(max_length=253, blank=True, help_text="The relying party's id.")

    objects = FactorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(kind="totp", confirmed_at__isnull=False),
                name="accounts_factor_one_app_a_person",
            ),
            models.CheckConstraint(
                condition=Q(kind="totp", ciphertext__isnull=False, credential_id__isnull=True)
                | Q(kind="passkey", ciphertext__isnull=True, credential_id__isnull=False),
                name="accounts_factor_has_the_secret_of_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def with_factors(memberships: MembershipQuerySet) -> MembershipQuerySet:
    """Read the kinds of each person's confirmed factors with the same statement."""
    mine = Factor.objects.confirmed().filter(user_id=models.OuterRef("user_id"))
    kinds = ArraySubquery(mine.order_by("kind").values("kind").distinct())
    return memberships.annotate(factor_kinds=kinds)  # type: ignore[no-redef]


class RecoveryCode(models.Model):
    """One of ten codes that each stand in for a factor once; only a keyed hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    code_hash = models.BinaryField(unique=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class SignInChallenge(models.Model):
    """Something a person still has to prove, for five minutes and once.

    A sign-in whose first factor was right waits here for the second (`membership` is set), and
    what a passkey has to sign is made from the row's id. No text that proves anything is stored:
    see `links.py`.
    """

    class Purpose(models.TextChoices):
        SECOND_FACTOR = "second_factor"
        ENROLMENT = "enrolment"
        PASSKEY = "passkey"  # to sign in, as second factor, or as proof
        PASSKEY_REGISTRATION = "passkey_registration"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(max_length=20, choices=Purpose)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, null=True, related_name="+")
    method = models.CharField(max_length=20, blank=True, help_text="Of the first factor.")
    face = models.CharField(max_length=4, blank=True)
    access_seconds = models.PositiveIntegerField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], name="accounts_challenge_end"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"
