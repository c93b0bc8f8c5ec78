"""Approvals that count as evidence: what was asked, about which bytes, and who answered (R49)."""

from typing import Self

from django.db import models
from django.db.models import Q

from apps.accounts.models import User
from apps.clients.models import Client
from apps.core.actors import ACCOUNTANT, Actor
from apps.core.models import Part, Record
from apps.files.models import File, FileVersion
from apps.projects.models import Project, within_reach


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team but the accountant sees all, a contact those of his companies (C18)."""
        rows = self.filter(organization_id=actor.organization_id)
        if actor.role == ACCOUNTANT:
            return rows.none()
        if actor.is_team:
            return rows.filter(within_reach(actor))
        return rows.filter(client_id__in=actor.client_ids)


class Approval(Record):
    """A question to a client about one version of one file.

    `sha256` and `subject_version` are copied from the file version at the moment of asking: they
    say what was approved even if everything else is gone.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        CHANGES_REQUESTED = "changes_requested"
        REJECTED = "rejected"
        SUPERSEDED = "superseded"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"

    class Rule(models.TextChoices):
        ALL = "all"
        ANY = "any"
        QUORUM = "quorum"

    client = models.ForeignKey(Client, models.PROTECT, related_name="approvals", db_index=False)
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="approvals"
    )
    file = models.ForeignKey(File, models.PROTECT, related_name="approvals")
    file_version = models.ForeignKey(FileVersion, models.PROTECT, related_name="approvals")
    subject_version = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    question = models.TextField(max_length=2000)
    terms = models.TextField(max_length=20_000, blank=True)
    rule = models.CharField(max_length=6, choices=Rule, default=Rule.ANY)
    quorum = models.PositiveSmallIntegerField(null=True, blank=True)
    in_order = models.BooleanField(default=False)
    due_date = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=17, choices=Status, default=Status.PENDING)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, editable=False)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rule="quorum", quorum__gte=1) | ~Q(rule="quorum"),
                name="approvals_quorum_has_a_number",
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "-created_at", "-id"], name="approvals_approval_new"
            ),
            models.Index(
                fields=["organization", "client", "-created_at", "-id"],
                name="approvals_approval_client",
            ),
        ]

    def __str__(self) -> str:
        return self.question[:60]


class Approver(Part):
    """A person who is asked, in the order of `position`."""

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="approvers")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "approval", "user"], name="approvals_approver_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class Decision(Part):
    """One answer, with all that proves it. Written once, never changed."""

    class Answer(models.TextChoices):
        APPROVED = "approved"
        CHANGES_REQUESTED = "changes_requested"
        REJECTED = "rejected"

    approval = models.ForeignKey(Approval, models.PROTECT, related_name="decisions")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    person = models.CharField(max_length=200)
    decision = models.CharField(max_length=17, choices=Answer)
    comment = models.TextField(max_length=5000, blank=True)
    subject_version = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    question = models.TextField(max_length=2000)
    terms = models.TextField(max_length=20_000, blank=True)
    method = models.CharField(max_length=20, default="password")
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "approval", "user"], name="approvals_decision_once"
            )
        ]

    def __str__(self) -> str:
        return self.decision
