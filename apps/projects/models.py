"""Projects move through phases that come from the organization's phase library."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.accounts.models import User
from apps.clients.models import Client
from apps.core.actors import Actor
from apps.core.models import Part, Record


class LibraryQuerySet(models.QuerySet["LibraryPhase"]):
    def visible_to(self, actor: Actor) -> Self:
        """Everybody of the organization sees the library."""
        return self.filter(organization_id=actor.organization_id)


class LibraryPhase(Record):
    """A phase that service types are composed of, for example `ONB` Onboarding."""

    key = models.CharField(max_length=30)
    name = models.CharField(max_length=100)
    description = models.TextField(max_length=2000, blank=True)
    icon = models.CharField(max_length=40, blank=True)
    ui_components = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    form_modules = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    document_modules = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    requires_client_action = models.BooleanField(default=False)
    client_actions = models.JSONField(default=list, blank=True)
    is_standard = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    objects = LibraryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="projects_library_key")
        ]

    def __str__(self) -> str:
        return self.name


class ServiceTypeQuerySet(models.QuerySet["ServiceType"]):
    def visible_to(self, actor: Actor) -> Self:
        """Everybody of the organization sees its services."""
        return self.filter(organization_id=actor.organization_id)


class ServiceType(Record):
    """A kind of work that the studio sells, with the order of its phases."""

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    description = models.TextField(max_length=2000, blank=True)
    phase_keys = ArrayField(models.CharField(max_length=30), default=list)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    objects = ServiceTypeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "code"], name="projects_service_code")
        ]

    def __str__(self) -> str:
        return self.name


def within_reach(actor: Actor, project: str = "project") -> Q:
    """Return what narrows rows of projects for staff who see only assigned ones (R29).

    `project` is the way from the row to its project, empty for projects themselves. Rows without
    a project stay.
    """
    if not actor.only_assigned:
        return Q()
    way, pk = (f"{project}__", f"{project}_id") if project else ("", "id")
    team = ProjectMember.objects.filter(
        organization_id=actor.organization_id, user_id=actor.user_id
    ).values("project_id")
    own = Q(**{f"{way}manager_id": actor.user_id}) | Q(**{f"{pk}__in": team})
    return own if not project else own | Q(**{f"{pk}__isnull": True})


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team sees the organization's projects, a contact those of his companies.

        Staff see only those they work on where the organization says so (R29).
        """
        rows = self.filter(organization_id=actor.organization_id, deleted_at__isnull=True)
        if actor.is_team:
            return rows.filter(within_reach(actor, ""))
        return rows.filter(client_id__in=actor.client_ids)

    def restorable_to(self, actor: Actor) -> Self:
        """What `actor` sees, and for the team also the deleted projects."""
        if actor.is_client:
            return self.visible_to(actor)
        rows = self.filter(organization_id=actor.organization_id)
        return rows.filter(within_reach(actor, ""))


class Project(Record):
    """A piece of work for one client (P44). `current_phase` names the one active phase."""

    class Status(models.TextChoices):
        PLANNING = "planning"
        IN_PROGRESS = "in_progress"
        REVIEW = "review"
        COMPLETED = "completed"
        ON_HOLD = "on_hold"
        CANCELLED = "cancelled"

    class Priority(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"
        URGENT = "urgent"

    client = models.ForeignKey(Client, models.PROTECT, related_name="projects", db_index=False)
    manager = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    service_type = models.ForeignKey(
        ServiceType, models.PROTECT, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=200)
    description = models.TextField(max_length=20_000, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.PLANNING)
    priority = models.CharField(max_length=8, choices=Priority, default=Priority.MEDIUM)
    start_date = models.DateField(null=True, blank=True)
    due_date = models.DateField(null=True, blank=True)
    budget_minor = models.PositiveBigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="EUR")
    progress = models.PositiveSmallIntegerField(default=0)
    current_phase = models.CharField(max_length=30, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    completed_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(progress__gte=0, progress__lte=100), name="projects_progress_percent"
            ),
            models.CheckConstraint(
                condition=Q(start_date__isnull=True)
                | Q(due_date__isnull=True)
                | Q(due_date__gte=models.F("start_date")),
                name="projects_project_ends_after_start",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "-created_at", "-id"], name="projects_project_new"
            ),
            models.Index(
                fields=["organization", "client", "-created_at", "-id"],
                name="projects_project_client",
            ),
            models.Index(
                fields=["organization", "status", "-created_at", "-id"],
                name="projects_project_status",
            ),
            models.Index(  # how many a client has, and how many of them run
                fields=["organization", "client"],
                include=["status"],
                condition=Q(deleted_at__isnull=True),
                name="projects_project_counted",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProjectMemberQuerySet(models.QuerySet["ProjectMember"]):
    def visible_to(self, actor: Actor) -> Self:
        """Who sees a project sees who works on it."""
        projects = Project.objects.visible_to(actor).values("id")
        return self.filter(organization_id=actor.organization_id, project_id__in=projects)


class ProjectMember(Record):
    """A person of the team who works on a project, and in which part (R29)."""

    class Role(models.TextChoices):
        LEAD = "lead"
        MEMBER = "member"
        VIEWER = "viewer"

    project = models.ForeignKey(Project, models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)

    objects = ProjectMemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "project", "user"], name="projects_member_once"
            )
        ]
        indexes = [models.Index(fields=["organization", "user"], name="projects_member_user")]

    def __str__(self) -> str:
        return f"{self.user_id} ({self.role})"


class PhaseQuerySet(models.QuerySet["Phase"]):
    def visible_to(self, actor: Actor) -> Self:
        """Who sees a project sees its phases."""
        rows = self.filter(organization_id=actor.organization_id, project__deleted_at__isnull=True)
        if actor.is_team:
            return rows.filter(within_reach(actor))
        return rows.filter(project__client_id__in=actor.client_ids)


class Phase(Record):
    """One step of one project. Exactly one phase of an unfinished project is active (P45)."""

    class Status(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        COMPLETED = "completed"
        SKIPPED = "skipped"

    project = models.ForeignKey(Project, models.CASCADE, related_name="phases", db_index=False)
    key = models.CharField(max_length=30)
    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    requires_client_action = models.BooleanField(default=False)
    due_date = models.DateField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, editable=False)
    completed_at = models.DateTimeField(null=True, editable=False)
    completed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    objects = PhaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "project", "key"], name="projects_phase_key_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "project", "position"], name="projects_phase_place_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "project"],
                condition=Q(status="active"),
                name="projects_phase_one_active",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PhaseAction(Part):
    """Something that a client does in a phase, such as `sign_agreement`."""

    phase = models.ForeignKey(Phase, models.CASCADE, related_name="actions", db_index=False)
    key = models.CharField(max_length=60)
    description = models.CharField(max_length=300)
    is_required = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    completed_at = models.DateTimeField(null=True)
    completed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "phase", "key"], name="projects_action_key_once"
            )
        ]

    def __str__(self) -> str:
        return self.description
