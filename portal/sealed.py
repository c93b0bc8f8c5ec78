"""Every column that holds a sealed secret, and the walk that moves all to the newest key.

`tests/core/test_keyring.py` fails when a table has a sealed column that is not listed here.
"""

from collections.abc import Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import transaction
from django.db.models import Count, Model, QuerySet

from apps.core.keyring import Unreadable, keyring
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization

BATCH = 200


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A table's sealed column, with what its secrets are bound to.

    `row_id` names the attribute whose id was given to `seal`. The purpose is `purpose`, or stands
    in the column `purpose_column`. `key_id` names the key's column, `ciphertext` the secret's.
    """

    model: str
    row_id: str = "pk"
    purpose: str = ""
    purpose_column: str = ""
    key_id: str = "key_id"
    ciphertext: str = "ciphertext"

    @property
    def table(self) -> type[Model]:
        """The model class."""
        return apps.get_model(self.model)

    def purpose_of(self, row: Model) -> str:
        """Return what the secret of a row was sealed for."""
        return self.purpose or str(getattr(row, self.purpose_column))


COLUMNS: tuple[SealedColumn, ...] = (
    SealedColumn("connections.Secret", row_id="connection_id", purpose_column="purpose"),
    SealedColumn("accounts.Factor", purpose="totp"),
    SealedColumn("organizations.OrganizationSecret", purpose="organization"),
)


@dataclass(frozen=True, slots=True)
class Unopened:
    """A secret that no configured key opens: it stays as it is, and is told."""

    model: str
    pk: UUID
    key_id: str
    fault: str


def keys_in_use() -> dict[tuple[str, str], int]:
    """Return how many secrets each key holds, by table and key name."""
    counts: dict[tuple[str, str], int] = {}
    for column in COLUMNS:
        for place in _places(column):
            with _entered(place):
                named = _rows(column, place).values_list(column.key_id).order_by()
                for key_id, number in named.annotate(n=Count("pk")):
                    counts[column.model, key_id] = counts.get((column.model, key_id), 0) + number
    return counts


def rekey() -> Generator[tuple[str, int, list[Unopened]]]:
    """Move secrets of older keys to the newest; yield table, moved and unopened ones a batch.

    Each batch is a transaction. What is moved has the newest key's name, so a run that was
    stopped goes on where it ended.
    """
    newest = keyring().newest
    for column in COLUMNS:
        for place in _places(column):
            last: Any = None
            while True:
                with _entered(place):
                    old = _rows(column, place).exclude(**{column.key_id: newest}).order_by("pk")
                    batch = old if last is None else old.filter(pk__gt=last)
                    moved, failed, last = _move(column, batch.select_for_update()[:BATCH])
                if last is None:
                    break
                yield column.model, moved, failed


def _places(column: SealedColumn) -> list[UUID | None]:
    """Return the organizations of a table, or one None for a table of all."""
    fields = {field.attname for field in column.table._meta.concrete_fields}
    if "organization_id" not in fields:
        return [None]
    return list(Organization.objects.order_by("id").values_list("id", flat=True))


def _entered(place: UUID | None) -> AbstractContextManager[None]:
    return transaction.atomic() if place is None else organization_scope(place)


def _rows(column: SealedColumn, place: UUID | None) -> QuerySet[Any]:
    rows: QuerySet[Any] = column.table._default_manager.exclude(**{column.key_id: ""})
    return rows if place is None else rows.filter(organization_id=place)


def _move(column: SealedColumn, batch: QuerySet[Any]) -> tuple[int, list[Unopened], Any]:
    """Move a batch; return how many were moved, which did not open, and the last row's id."""
    moved, failed, last, ring = 0, [], None, keyring()
    for row in batch:
        last, key_id = row.pk, getattr(row, column.key_id)
        held = bytes(getattr(row, column.ciphertext))
        bound_to = getattr(row, column.row_id)
        try:
            sealed = ring.rewrap(bound_to, column.purpose_of(row), key_id, held)
        except Unreadable as error:
            failed.append(Unopened(column.model, row.pk, key_id, str(error)))
            continue
        values = {column.key_id: sealed.key_id, column.ciphertext: sealed.ciphertext}
        column.table._default_manager.filter(pk=row.pk).update(**values)
        moved += 1
    return moved, failed, last
