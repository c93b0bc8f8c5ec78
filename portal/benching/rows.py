"""Fills a table by one INSERT … SELECT: thousands of rows in a moment.

Columns that are not named get the default of their model, so a new column needs no line here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model

NEWEST_MILLISECOND = 1_760_000_000_000


@dataclass(frozen=True, slots=True)
class Rows:
    """`columns` are SQL expressions over `source`; `number` counts the rows, the newest is 1."""

    model: type[Model]
    source: str
    columns: Mapping[str, str]
    number: str = "i"
    parameters: Mapping[str, Any] = field(default_factory=dict)


def id_expression(model: type[Model], number: str) -> str:
    """Return the SQL of a row's id: a UUID version 7 that sorts as `number` counts, newest first.

    The 12 bits after the version name the table, so a reference needs the number alone.
    """
    low = f"lpad(to_hex({number}), 15, '0')"
    time = f"lpad(to_hex({NEWEST_MILLISECOND} - ({number})), 12, '0')"
    return f"({time} || '7{table_mark(model):03x}8' || {low})::uuid"


def row_id(model: type[Model], number: int) -> UUID:
    """Return the same id in Python."""
    high = (NEWEST_MILLISECOND - number) << 80
    return UUID(int=high | (0x7 << 76) | (table_mark(model) << 64) | (0x8 << 60) | number)


def table_mark(model: type[Model]) -> int:
    """Return 12 bits that differ for the tables of the bench."""
    return sum(model._meta.db_table.encode()) % 4096


def insert(rows: Rows) -> int:
    """Insert the rows and return their number."""
    columns, expressions, values = [], [], []
    for column in rows.model._meta.concrete_fields:
        columns.append(connection.ops.quote_name(str(column.column)))
        expression, bound = _expression(rows, column)
        expressions.append(expression)
        values += bound
    table = connection.ops.quote_name(rows.model._meta.db_table)
    sql = (
        f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608  names of our own columns
        f"SELECT {', '.join(expressions)} FROM {rows.source}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def _expression(rows: Rows, column: "Field[Any, Any]") -> tuple[str, list[Any]]:
    kind = column.db_type(connection)
    given = rows.columns.get(column.attname)
    if column.attname in rows.parameters:
        return f"%s::{kind}", [rows.parameters[column.attname]]
    if given is not None:
        return f"({given})::{kind}", []
    if column.primary_key:
        return id_expression(rows.model, rows.number), []
    default = column.get_db_prep_save(column.get_default(), connection)
    return f"%s::{kind}", [default]
