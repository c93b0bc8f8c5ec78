"""Exports, erasures and runs of the retention times. Each is worked off by a job of its own."""

from typing import Any, Self

from django.db import models

from apps.accounts.models import User
from apps.core.actors import ADMIN, OWNER, SYSTEM, Actor
from apps.core.models import Record
from apps.events.models import Job

LEADERS = (OWNER, ADMIN, SYSTEM)


class OwnQuerySet(models.QuerySet[Any]):
    def visible_to(self, actor: Actor) -> Self:
        """What the person asked for himself; for owner and admin all of the organization."""
        rows = self.filter(organization_id=actor.organization_id)
        if actor.role in LEADERS:
            return rows
        return rows.filter(requested_by_id=actor.user_id)


class LeaderQuerySet(models.QuerySet[Any]):
    def visible_to(self, actor: Actor) -> Self:
        """Owner and admin see them."""
        rows = self.filter(organization_id=actor.organization_id)
        return rows if actor.role in LEADERS else rows.none()


class Export(Record):
    """Everything about a person as a zip in the store (P23); its bytes go at `expires_at`."""

    class Kind(models.TextChoices):
        PERSONAL_DATA = "personal_data"

    kind = models.CharField(max_length=20, choices=Kind)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    job = models.OneToOneField(Job, models.CASCADE, related_name="+")
    storage_key = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    report = models.JSONField(null=True)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="insights_export_new")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d}"


class Erasure(Record):
    """A person's data taken out of one organization (R34), with the report of what was erased.

    `pseudonym` is what stands in the person's place; `is_account` says whether the account itself
    went too, because no other organization needs it.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    erase_messages = models.BooleanField(default=False)
    reason = models.CharField(max_length=500, blank=True)
    pseudonym = models.CharField(max_length=40)
    is_account = models.BooleanField(default=False)
    report = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="insights_erasure_new")
        ]

    def __str__(self) -> str:
        return self.pseudonym


class RetentionRun(Record):
    """What one day's run has removed because its time was over (R145), by kind of data."""

    day = models.DateField()
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    report = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = LeaderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "day"], name="insights_run_once_a_day")
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="insights_run_new")
        ]

    def __str__(self) -> str:
        return f"{self.day}"
