"""People and their memberships. Outside row security: sign-in knows no tenant yet."""

from typing import ClassVar, Self
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from apps.core.actors import ACCOUNTANT, ADMIN, CLIENT, OWNER, STAFF, Actor
from apps.core.models import Versioned
from apps.organizations.models import Organization


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team sees the people of its organization; a contact sees himself and the team."""
        rows = self.filter(memberships__organization_id=actor.organization_id, is_service=False)
        if actor.is_team:
            return rows
        team = models.Q(memberships__role__in=[OWNER, ADMIN, STAFF])
        return rows.filter(team | models.Q(id=actor.user_id))


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a person by e-mail whatever its case."""
        return self.get(email__iexact=username)  # type: ignore[no-any-return]


class User(Versioned, AbstractBaseUser, PermissionsMixin):
    """One person. The e-mail is unique without regard to case."""

    email = models.EmailField(max_length=254)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    locale = models.CharField(max_length=10, default="en")
    timezone = models.CharField(max_length=60, default="UTC")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May open the admin site.")
    is_service = models.BooleanField(default=False, help_text="A program: it has keys only.")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_once")]

    def __str__(self) -> str:
        return self.email

    @property
    def name(self) -> str:
        """The full name, or the e-mail where there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.email


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team sees the people of its organization, everybody himself."""
        rows = self.filter(organization_id=actor.organization_id)
        if actor.is_team:
            return rows.filter(Q(user__is_service=False) | Q(user_id=actor.user_id))
        return rows.filter(user_id=actor.user_id)

    def services_of(self, actor: Actor) -> Self:
        """The service accounts of the organization, for those who look after them."""
        rows = self.filter(organization_id=actor.organization_id, user__is_service=True)
        return rows if actor.role in {OWNER, ADMIN} else rows.none()


class CustomRoleQuerySet(models.QuerySet["CustomRole"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team sees the roles of its organization."""
        rows = self.filter(organization_id=actor.organization_id)
        return rows if actor.is_team else rows.none()


class CustomRole(Versioned):
    """A built-in role with some actions taken away: it only restricts (R29).

    Outside row security: every request needs it in the one query that finds its session.
    """

    class Base(models.TextChoices):
        ADMIN = ADMIN
        STAFF = STAFF
        ACCOUNTANT = ACCOUNTANT

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    base = models.CharField(max_length=12, choices=Base)
    denied = ArrayField(models.CharField(max_length=40), default=list)

    objects = CustomRoleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("name"), "organization", name="accounts_custom_role_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(Versioned):
    """A person in an organization. `client_ids` and `contact_roles` run in parallel.

    They repeat what `clients.Contact` says, because every request needs them in the one query
    that finds its session; `accounts.services.set_client_access` is the only writer.
    """

    class Role(models.TextChoices):
        OWNER = OWNER
        ADMIN = ADMIN
        STAFF = STAFF
        ACCOUNTANT = ACCOUNTANT
        CLIENT = CLIENT

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    client_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    contact_roles = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    custom_role = models.ForeignKey(
        CustomRole, models.PROTECT, null=True, blank=True, related_name="memberships"
    )

    factor_kinds: list[str] | None = None  # filled by `with_factors`

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], name="accounts_membership_once"
            ),
            models.CheckConstraint(
                condition=models.Q(role=CLIENT) | models.Q(client_ids=[]),
                name="accounts_membership_clients_only_for_contacts",
            ),
            models.CheckConstraint(
                condition=models.Q(custom_role=None)
                | models.Q(role__in=[ADMIN, STAFF, ACCOUNTANT]),
                name="accounts_membership_custom_role_of_the_team",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    def actor(self, session_id: UUID | None = None) -> Actor:
        """Return the actor that this membership makes of its person."""
        return Actor(
            user_id=self.user_id,
            organization_id=self.organization_id,
            role=self.role,
            client_ids=tuple(self.client_ids),
            contact_roles=tuple(self.contact_roles),
            session_id=session_id,
            name=self.user.name,
            denied=frozenset(self.custom_role.denied if self.custom_role else ()),
            only_assigned=self.role == STAFF
            and bool(self.organization.setting("security.staff_see_assigned_only")),
        )
