"""What happened, stored in the transaction in which it happened (`integration.md`, section 3).

`organization_id` is a plain id: the log outlives what it tells of. Numbers and hashes are given
by a trigger at commit; see migration 0002.
"""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.actors import ACCOUNTANT, ADMIN, OWNER, SYSTEM, Actor
from apps.core.ids import uuid7
from apps.core.models import Versioned

# The accountant works on money: other areas of C18 are closed to him.
PROJECT_AREAS = ("project", "phase", "file", "approval", "invoice", "payment")
MONEY_AREAS = (
    "client", "contact", "project", "invoice", "payment", "refund", "notification", "session",
)  # fmt: skip


class Head(models.Model):
    """The counter of an organization's log and the end of its hash chain."""

    organization_id = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField(default=b"")

    class Meta:
        db_table = "events_head"

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.seq}"


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team sees what is for staff and clients, a contact what is for his clients."""
        rows = self.filter(organization_id=actor.organization_id)
        mine = Q(audience=Event.Audience.USER, user_ids__contains=[actor.user_id])
        if actor.is_client:
            clients = Q(audience=Event.Audience.CLIENT, client_id__in=actor.client_ids)
            return rows.filter(mine | clients if actor.client_ids else mine)
        if actor.role in {OWNER, ADMIN, SYSTEM}:
            shared = ~Q(audience=Event.Audience.USER)
        else:
            shared = Q(audience__in=[Event.Audience.STAFF, Event.Audience.CLIENT])
        if actor.role == ACCOUNTANT:
            shared &= Q(aggregate_type__in=MONEY_AREAS)
        if actor.only_assigned:  # the log does not know whose project each event is about
            shared &= ~Q(aggregate_type__in=PROJECT_AREAS)
        return rows.filter(mine | shared)

    def audited_by(self, actor: Actor) -> Self:
        """Owner and admin see everything that happened in their organization (C18, audit)."""
        if actor.role not in {OWNER, ADMIN, SYSTEM}:
            return self.none()
        return self.filter(organization_id=actor.organization_id, seq__isnull=False)


class Event(models.Model):
    """One fact about one aggregate. `seq` is null until commit, then dense per organization."""

    class Audience(models.TextChoices):
        STAFF = "staff"
        CLIENT = "client"
        USER = "user"
        SYSTEM = "system"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization_id = models.UUIDField()
    seq = models.BigIntegerField(null=True)
    kind = models.TextField()
    version = models.SmallIntegerField(default=1)
    aggregate_type = models.TextField()
    aggregate_id = models.UUIDField()
    aggregate_seq = models.IntegerField()
    actor_type = models.TextField()
    actor_id = models.UUIDField(null=True)
    client_id = models.UUIDField(null=True)
    user_ids = ArrayField(models.UUIDField(), null=True)
    audience = models.TextField(choices=Audience, default=Audience.STAFF)
    occurred_at = models.DateTimeField(db_default=Now())
    request_id = models.UUIDField(null=True)
    traceparent = models.TextField(null=True)  # noqa: DJ001  absent is not ""
    causation_id = models.UUIDField(null=True)
    body = models.TextField(null=True)  # noqa: DJ001  null after erasure
    body_digest = models.BinaryField()
    hash = models.BinaryField(null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        db_table = "events_event"
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "aggregate_type", "aggregate_id", "aggregate_seq"],
                name="events_event_once_per_version",
            ),
            models.UniqueConstraint(fields=["organization_id", "seq"], name="event_org_seq"),
            models.CheckConstraint(
                condition=Q(audience__in=["staff", "client", "user", "system"]),
                name="events_event_audience",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.aggregate_id}"

    @property
    def data(self) -> str:
        """The event's data as the JSON text that was hashed; `null` after erasure."""
        if self.body is None:
            return "null"
        # No earlier member holds this text: a quote within a JSON text is escaped, and what
        # `told_of` keeps of an object is a text.
        return self.body[self.body.index(',"data":') + len(',"data":') : -1]


class Cursor(models.Model):
    """How far one consumer has read one organization's log."""

    pk = models.CompositePrimaryKey("consumer", "organization_id")
    consumer = models.TextField()
    organization_id = models.UUIDField()
    seq = models.BigIntegerField(db_default=0)
    failures = models.SmallIntegerField(db_default=0)
    retry_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "events_cursor"

    def __str__(self) -> str:
        return f"{self.consumer}: {self.seq}"


class ParkedQuerySet(models.QuerySet["Parked"]):
    def visible_to(self, actor: Actor) -> Self:
        """Owner, admin and staff see what their organization's consumers could not handle."""
        rows = self.filter(organization_id=actor.organization_id)
        return rows if actor.is_team and actor.role != ACCOUNTANT else rows.none()


class Parked(models.Model):
    """An event that a consumer failed on five times; the cursor has moved on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization_id = models.UUIDField()
    consumer = models.TextField()
    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    error = models.TextField()
    parked_at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True)

    objects = ParkedQuerySet.as_manager()

    class Meta:
        db_table = "events_parked"
        constraints = [
            models.UniqueConstraint(fields=["consumer", "event"], name="events_parked_once")
        ]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.error}"


class IdempotencyKey(models.Model):
    """The memory of one POST: its fingerprint, and its answer once it has one (24 h)."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization_id = models.UUIDField()
    actor_id = models.UUIDField()
    method = models.TextField()
    path = models.TextField()
    key = models.TextField()
    fingerprint = models.BinaryField()
    state = models.TextField(choices=State, default=State.RUNNING)
    epoch = models.IntegerField(default=1)
    locked_until = models.DateTimeField()
    status = models.SmallIntegerField(null=True)
    headers = models.JSONField(null=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "events_idempotency"
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "actor_id", "method", "path", "key"],
                name="events_idempotency_once",
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="events_idempotency_age")]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, actor: Actor) -> Self:
        """Everybody sees what he asked for; owner and admin all of the organization."""
        rows = self.filter(organization_id=actor.organization_id)
        if actor.role in {OWNER, ADMIN, SYSTEM}:
            return rows
        return rows.filter(user_id=actor.user_id)


class Job(Versioned):
    """Long work that a person or the clock asked for: a queue table, worked off by the workers.

    A running job is leased, and `lease_epoch` fences out whoever held it before. `state` is what
    a handler needs to go on where a killed worker stopped; `attempts` counts the tries since the
    last step that was finished.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    FINAL = ("succeeded", "failed", "cancelled")

    organization_id = models.UUIDField()
    user_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=40)
    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    params = models.JSONField(default=dict)
    state = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    error = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    lease_epoch = models.PositiveIntegerField(default=0)
    is_cancellable = models.BooleanField(default=True)
    cancel_asked_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        db_table = "events_job"
        constraints = [
            models.CheckConstraint(condition=Q(progress__lte=100), name="events_job_percent"),
            models.CheckConstraint(
                condition=Q(status="running", lease_until__isnull=False)
                | ~Q(status="running") & Q(lease_until__isnull=True),
                name="events_job_running_is_leased",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["succeeded", "failed", "cancelled"])
                & Q(finished_at__isnull=False)
                | Q(status__in=["queued", "running"], finished_at__isnull=True),
                name="events_job_finished_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(status__in=["queued", "running"]),
                name="events_job_due",
            ),
            models.Index(fields=["organization_id", "-created_at", "-id"], name="events_job_new"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"
