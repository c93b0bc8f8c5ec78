"""What every tenant row has in common, and the one way to change such a row."""

import re
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

    # Of this instance in memory: see apps.events.outbox.
    published_version: int = 0
    untold: dict[str, tuple[Any, Any]] | None = None

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
# Columns that no log may repeat: secrets, and texts that people write to each other.
SECRET = re.compile(
    "password|secret|token|hash|cipher|seed|code|key|settings|body|text|html|^data$"
)


def revise(row: Versioned, **changes: Any) -> None:
    """Set `changes` on a locked row, count the version up and save just that.

    The row remembers what they were before, for the event that tells of it (P22).
    """
    _remember(row, changes)
    for name, value in changes.items():
        setattr(row, name, value)
    row.version += 1
    row.updated_at = clock.now()
    row.save(update_fields=[*changes, *STAMPS])


def _remember(row: Versioned, changes: dict[str, Any]) -> None:
    """Keep the first old value and the last new one of each changed column that may be told."""
    kept = row.untold or {}
    for name, value in changes.items():
        field = row._meta.get_field(name)
        if isinstance(field, models.BinaryField) or SECRET.search(name):
            continue
        column = getattr(field, "attname", name)
        old = row.__dict__.get(column)
        new = value.pk if isinstance(value, models.Model) else value
        first = kept[column][0] if column in kept else old
        if first != new:
            kept[column] = (first, new)
        else:
            kept.pop(column, None)
    row.untold = kept
