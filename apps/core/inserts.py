"""New rows as parts of a larger statement: what saves a round trip saves a change of threads."""

from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Model


def column_values(row: Model) -> dict[str, Any]:
    """Return the values of a new row's columns, by attribute name, as the driver takes them."""
    return {
        field.attname: field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for field in row._meta.concrete_fields
    }


def insertion(row: Model) -> tuple[str, dict[str, Any]]:
    """Return the INSERT of a new row and its parameters, which are named after the model too."""
    prefix = f"{row._meta.model_name}_"
    values = {prefix + name: value for name, value in column_values(row).items()}
    return _insert(type(row), prefix), values


def is_saved(row: Model) -> None:
    """Tell Django that the row is in its table, as its own bulk_create does."""
    row._state.adding = False  # noqa: SLF001
    row._state.db = connection.alias  # noqa: SLF001


@lru_cache(maxsize=64)
def _insert(model: type[Model], prefix: str) -> str:
    fields = model._meta.concrete_fields
    columns = ", ".join(str(field.column) for field in fields)
    values = ", ".join(f"%({prefix}{field.attname})s" for field in fields)
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({values})"  # noqa: S608  names
