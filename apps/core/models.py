"""What every tenant row has in common, and the one way to change such a row."""

from collections.abc import Collection
from typing import Any, Self

from django.db import models

from apps.core import clock
from apps.core.ids import uuid7


class Versioned(models.Model):
    """A row whose changes are counted: `version` is its ETag and its aggregate sequence."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    published_version: int = 0  # of this instance in memory: see apps.events.outbox

    class Meta:
        abstract = True

    @classmethod
    def from_db(
        cls,
        db: str | None,
        field_names: Collection[str],
        values: Collection[Any],
        **options: Any,
    ) -> Self:
        """Load a row; its version was told when it was made, so an event needs the next one."""
        row = super().from_db(db, field_names, values, **options)
        if "version" in field_names:
            row.published_version = row.version
        return row


class Record(Versioned):
    """A versioned row of one organization."""

    organization = models.ForeignKey(
        "organizations.Organization", models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


class Part(models.Model):
    """A row that lives and changes with its parent: an invoice line, a file version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "organizations.Organization", models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


STAMPS = ("version", "updated_at")


def revise(row: Versioned, **changes: Any) -> None:
    """Set `changes` on a locked row, count the version up and save just that."""
    for name, value in changes.items():
        setattr(row, name, value)
    row.version += 1
    row.updated_at = clock.now()
    row.save(update_fields=[*changes, *STAMPS])
