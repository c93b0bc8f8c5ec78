"""Deliveries: one event on its way to one connection (`integration.md`, section 5)."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.connections.models import Connection
from apps.core.actors import ADMIN, OWNER, STAFF, SYSTEM, Actor
from apps.core.models import Part
from apps.events.models import Event


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, actor: Actor) -> Self:
        """Owner, admin and staff see them (C18)."""
        rows = self.filter(organization_id=actor.organization_id)
        return rows if actor.role in {OWNER, ADMIN, STAFF, SYSTEM} else rows.none()


class Delivery(Part):
    """`lane` is the aggregate's id: an ordered connection sends a lane one by one."""

    class State(models.TextChoices):
        PENDING = "pending"
        IN_FLIGHT = "in_flight"
        RETRY_WAIT = "retry_wait"
        HELD = "held"
        DELIVERED = "delivered"
        DEAD = "dead"
        CANCELLED = "cancelled"

    connection = models.ForeignKey(
        Connection, models.PROTECT, related_name="deliveries", db_index=False
    )
    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    event_seq = models.BigIntegerField()
    kind = models.CharField(max_length=80)
    lane = models.UUIDField()
    replay_no = models.SmallIntegerField(default=0)
    priority = models.SmallIntegerField(default=5)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.SmallIntegerField(default=0)
    lease_epoch = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=100, blank=True)
    committed_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    discarded_at = models.DateTimeField(null=True)
    discard_reason = models.CharField(max_length=500, blank=True)
    last_error = models.CharField(max_length=500, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        db_table = "integrations_delivery"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "event", "replay_no"], name="integrations_delivery_once"
            ),
            models.CheckConstraint(
                condition=Q(state="in_flight", lease_until__isnull=False)
                | ~Q(state="in_flight") & Q(lease_until__isnull=True),
                name="integrations_delivery_in_flight_is_leased",
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "priority", "due_at", "event_seq"],
                condition=Q(state__in=["pending", "retry_wait"]),
                name="delivery_due",
            ),
            models.Index(
                fields=["connection"], condition=Q(state="in_flight"), name="delivery_flight"
            ),
            models.Index(
                fields=["organization"], condition=Q(state="in_flight"), name="delivery_org"
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="in_flight"), name="delivery_expiry"
            ),
            models.Index(
                fields=["connection", "lane", "event_seq"],
                condition=Q(state__in=["pending", "in_flight", "retry_wait", "held"]),
                name="delivery_lane",
            ),
            models.Index(fields=["connection"], condition=Q(state="held"), name="delivery_held"),
            models.Index(
                fields=["organization", "-finished_at", "-id"],
                condition=Q(state="dead"),
                name="delivery_dead",
            ),
            models.Index(fields=["organization", "-created_at", "-id"], name="delivery_new"),
            models.Index(fields=["connection", "event_seq"], name="delivery_of_connection"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    def visible_to(self, actor: Actor) -> Self:
        """Owner, admin and staff see them (C18)."""
        rows = self.filter(organization_id=actor.organization_id)
        return rows if actor.role in {OWNER, ADMIN, STAFF, SYSTEM} else rows.none()


class DeadLetter(models.Model):
    """What failed for good: dead deliveries and parked events, as one view of the database.

    A dead letter leaves the list when it is replayed or discarded; its row stays.
    """

    class Source(models.TextChoices):
        DELIVERY = "delivery"
        EVENT = "event"

    id = models.UUIDField(primary_key=True)
    organization_id = models.UUIDField()
    source = models.CharField(max_length=8, choices=Source)
    kind = models.CharField(max_length=80)
    connection_id = models.UUIDField(null=True)
    consumer = models.CharField(max_length=40)
    event_id = models.UUIDField()
    error = models.TextField()
    attempts = models.IntegerField()
    first_failed_at = models.DateTimeField()
    last_failed_at = models.DateTimeField()
    body = models.JSONField(null=True)
    created_at = models.DateTimeField()

    objects = DeadLetterQuerySet.as_manager()

    class Meta:
        db_table = "integrations_dead_letter"
        managed = False

    def __str__(self) -> str:
        return f"{self.source} {self.kind}"
