"""Outside peers, their secrets and the journal of calls (`integration.md`, section 4).

These are queue tables: claims and sweeps read them across organizations.
"""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.core.actors import ADMIN, OWNER, STAFF, SYSTEM, Actor
from apps.core.models import Part, Record


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def visible_to(self, actor: Actor) -> Self:
        """Owner, admin and staff see them (C18)."""
        rows = self.filter(organization_id=actor.organization_id)
        return rows if actor.role in {OWNER, ADMIN, STAFF, SYSTEM} else rows.none()


class Connection(Record):
    """One configured peer. A webhook endpoint of C17 is a connection of kind `webhook`."""

    class State(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"
        DISABLED = "disabled"
        REVOKED = "revoked"

    class Breaker(models.TextChoices):
        CLOSED = "closed"
        OPEN = "open"
        HALF_OPEN = "half_open"

    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    disabled_reason = models.CharField(max_length=300, blank=True)
    disabled_at = models.DateTimeField(null=True)
    settings = models.JSONField(default=dict)
    kinds = ArrayField(models.CharField(max_length=80), default=list)
    payload_version = models.SmallIntegerField(default=1)
    ordered = models.BooleanField(default=False)
    max_in_flight = models.SmallIntegerField(default=4)
    batch_size = models.SmallIntegerField(default=1)
    last_claim_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    breaker = models.CharField(max_length=9, choices=Breaker, default=Breaker.CLOSED)
    breaker_until = models.DateTimeField(null=True)
    breaker_streak = models.SmallIntegerField(default=0)
    half_open_left = models.SmallIntegerField(default=0)
    half_open_good = models.SmallIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    failing_count = models.IntegerField(default=0)
    last_success_at = models.DateTimeField(null=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        db_table = "connections_connection"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "name"],
                condition=~Q(state="revoked"),
                name="connections_name_once",
            )
        ]
        indexes = [
            models.Index(
                F("last_claim_at").asc(nulls_first=True),
                condition=~Q(state="revoked"),
                name="connection_turn",
            ),
            models.Index(fields=["organization", "-created_at", "-id"], name="connection_new"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Secret(Part):
    """One version of a secret, encrypted; versions overlap, so that rotation has no gap."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="secrets")
    purpose = models.CharField(max_length=30)
    number = models.IntegerField()
    ciphertext = models.BinaryField()
    key_id = models.CharField(max_length=30)
    last_four = models.CharField(max_length=4)
    valid_from = models.DateTimeField(db_default=Now())
    valid_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "connections_secret"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "purpose", "number"], name="connections_secret_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="connections_secret_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} …{self.last_four}"


class Attempt(Part):
    """The journal of every call that left the house. Started before the first byte."""

    class Outcome(models.TextChoices):
        STARTED = "started"
        OK = "ok"
        RETRYABLE = "retryable"
        PERMANENT = "permanent"
        UNKNOWN = "unknown"

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="attempts", db_index=False
    )
    delivery_id = models.UUIDField(null=True)
    operation_id = models.UUIDField(null=True)
    epoch = models.IntegerField()
    number = models.SmallIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.STARTED)
    status = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True)
    retry_after = models.IntegerField(null=True)
    duration_ms = models.IntegerField(null=True)
    request_digest = models.BinaryField(null=True)
    response_head = models.TextField(blank=True)

    class Meta:
        db_table = "connections_attempt"
        constraints = [
            models.CheckConstraint(
                condition=Q(delivery_id__isnull=False, operation_id__isnull=True)
                | Q(delivery_id__isnull=True, operation_id__isnull=False),
                name="connections_attempt_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(outcome="started", finished_at__isnull=True)
                | ~Q(outcome="started") & Q(finished_at__isnull=False),
                name="connections_attempt_finished_has_outcome",
            ),
            models.UniqueConstraint(
                fields=["delivery_id", "epoch"],
                condition=Q(delivery_id__isnull=False),
                name="attempt_delivery",
            ),
            models.UniqueConstraint(
                fields=["operation_id", "epoch"],
                condition=Q(operation_id__isnull=False),
                name="attempt_operation",
            ),
        ]
        indexes = [models.Index(fields=["connection", "finished_at"], name="attempt_window")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.status or ''}"
