"""Double entry, append only. Balances are sums, never columns (`integration.md`, 9.5)."""

from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.actors import ACCOUNTANT, ADMIN, OWNER, STAFF, Actor
from apps.core.ids import uuid7


class Account(models.Model):
    """An account of the organization, of one client or of one connection (`owner_id`)."""

    DEBIT, CREDIT = "D", "C"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization_id = models.UUIDField()
    code = models.TextField()
    currency = models.CharField(max_length=3)
    owner_id = models.UUIDField(null=True)
    normal = models.CharField(max_length=1, choices=[("D", "debit"), ("C", "credit")])

    class Meta:
        db_table = "ledger_account"
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "code", "currency", "owner_id"],
                nulls_distinct=False,
                name="ledger_account_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.currency}"


class Entry(models.Model):
    """One fact in money. The same fact posts once: kind and source are unique."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization_id = models.UUIDField()
    kind = models.TextField()
    source_type = models.TextField()
    source_id = models.UUIDField()
    event_id = models.UUIDField(null=True)
    invoice_id = models.UUIDField(null=True)
    payment_id = models.UUIDField(null=True)
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "ledger_entry"
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "kind", "source_type", "source_id"],
                name="ledger_entry_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "invoice_id"],
                condition=Q(invoice_id__isnull=False),
                name="ledger_entry_invoice",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source_type}"


class PostingQuerySet(models.QuerySet["Posting"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team sees the ledger (C18); contacts do not."""
        rows = self.filter(organization_id=actor.organization_id)
        return rows if actor.role in {OWNER, ADMIN, STAFF, ACCOUNTANT} else rows.none()


class Posting(models.Model):
    """A line of an entry: `amount` in minor units, debit positive, credit negative."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization_id = models.UUIDField()
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, models.PROTECT, related_name="postings")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    objects = PostingQuerySet.as_manager()

    class Meta:
        db_table = "ledger_posting"
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_posting_not_nothing")
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "-created_at", "-id"], name="ledger_posting_new"
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @property
    def owner_id(self) -> UUID | None:
        """The client or connection whose account this is."""
        return self.account.owner_id
