"""Reads: PostgreSQL renders each row as JSON text, Python only joins the texts.

One serializer class describes a row. The API schema is made from it, and here it is translated
into a SELECT list, so the two agree; `tests/core/test_rows.py` proves it with generated values.

The price of the speed is a short list of field types. A field that needs Python (a
SerializerMethodField) is refused with TypeError: store the value, or use a `ComputedField`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    Case,
    F,
    IntegerField,
    JSONField,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from rest_framework import serializers

from apps.core.fields import ComputedField
from apps.core.json_text import EmptyArray, IsoMilliseconds, JsonArray, JsonObject

Field: TypeAlias = serializers.Field[Any, Any, Any, Any]
RowClass: TypeAlias = type[serializers.Serializer[Any]]
Statement: TypeAlias = tuple[str, tuple[Any, ...]]

AS_IS = (
    serializers.BooleanField,
    serializers.CharField,
    serializers.ChoiceField,
    serializers.DateField,
    serializers.IntegerField,
    serializers.JSONField,
    serializers.ListField,
    serializers.PrimaryKeyRelatedField,
    serializers.UUIDField,
)


@lru_cache(maxsize=1024)
def row_statement(model: type[Model], row: RowClass, only: tuple[str, ...] = ()) -> Statement:
    """Return a FROM item `r(j, i)` over the whole table: JSON object and primary key of each row.

    `only` names the fields to keep (C1, `fields=`); empty keeps all. Made once per process:
    building it costs more than the rest of a request. PostgreSQL merges it with the few ids that
    a request joins to it. `Meta.row_laterals` of the class names sub-selects that several fields
    read: they are computed once a row.
    """
    fields = row().fields
    kept = {name: field for name, field in fields.items() if not only or name in only}
    columns = _columns(kept, prefix="", model=model)
    query = QuerySet(model).values_list(JsonObject(columns), "pk").query
    inner, params = query.sql_with_params()
    laterals: Mapping[str, str] = getattr(getattr(row, "Meta", None), "row_laterals", {})
    joins = [f" CROSS JOIN LATERAL ({sql}) AS {name}" for name, sql in laterals.items()]
    return f"({inner}{''.join(joins)}) AS r(j, i)", tuple(params)


@dataclass(frozen=True, slots=True)
class Row:
    """One row as JSON in UTF-8, and the ETag that belongs to it."""

    text: bytes
    tag: str


@lru_cache(maxsize=1024)
def field_names(row: RowClass) -> frozenset[str]:
    """Return the names of a row's fields: making a serializer costs as much as a request."""
    return frozenset(row().fields)


def render_row(queryset: QuerySet[Any], row: RowClass, only: tuple[str, ...] = ()) -> Row | None:
    """Return the row of `queryset` (it must have at most one), or None. One query."""
    try:
        sql, params = one_statement(queryset, row, only)
    except EmptyResultSet:  # how Django says that no row can match
        return None
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return row_of(cursor.fetchone())


def one_statement(queryset: QuerySet[Any], row: RowClass, only: tuple[str, ...]) -> Statement:
    """Return the statement of `(JSON, version)` of the one row of `queryset`.

    Raises EmptyResultSet when no row can match.
    """
    keep = (*only, "id") if only else ()
    source, params = row_statement(cast("type[Model]", queryset.model), row, keep)
    versioned = any(field.name == "version" for field in queryset.model._meta.concrete_fields)
    version = F("version") if versioned else Value(None, output_field=IntegerField())
    found = queryset.order_by().values_list("pk", version)
    inner, inner_params = found.query.sql_with_params()
    sql = (
        f"SELECT r.j::text, p.v::text FROM ({inner}) AS p(i, v) "  # noqa: S608
        f"JOIN {source} ON r.i = p.i"
    )
    return sql, (*inner_params, *params)


def row_of(values: tuple[str, str | None] | None) -> Row | None:
    """Return the row that `one_statement` has found, with its ETag."""
    if values is None:
        return None
    text = values[0].encode()
    return Row(text, etag_of(text, values[1] or ""))


def etag_of(content: bytes, version: str = "") -> str:
    """Return the tag of a rendered row or page: `"v<version>-<digest>"`.

    The part before the hyphen is the row's version, which is what `If-Match` compares: a count
    of other rows may change in between without making an edit stale. SHA-256 because processors
    have instructions for it: a third of the time of BLAKE2.
    """
    return f'"v{version}-{hashlib.sha256(content).hexdigest()[:16]}"'


def _columns(fields: Mapping[str, Field], prefix: str, model: type[Model]) -> dict[str, Combinable]:
    readable = {name: field for name, field in fields.items() if not field.write_only}
    return {name: _column(field, prefix, model) for name, field in readable.items()}


def _column(field: Field, prefix: str, model: type[Model]) -> Combinable:
    if isinstance(field, ComputedField):
        return field.row_expression(prefix)
    path = prefix + "__".join(field.source_attrs)
    if isinstance(field, serializers.ListSerializer):
        return _children(field, prefix, model)
    if isinstance(field, serializers.Serializer):
        return _object(field, path, model)
    if isinstance(field, serializers.DateTimeField):
        return IsoMilliseconds(F(path))
    if isinstance(field, serializers.DecimalField):
        return Cast(F(path), TextField())
    if isinstance(field, AS_IS):
        return F(path)
    raise TypeError(f"{type(field).__name__} {path!r} cannot be rendered by PostgreSQL")


def _object(field: serializers.Serializer[Any], path: str, model: type[Model]) -> Combinable:
    if field.source == "*":
        prefix = path
        return JsonObject(_columns(field.fields, prefix=prefix, model=model))
    columns = _columns(field.fields, prefix=f"{path}__", model=model)
    return Case(When(**{f"{path}__isnull": False}, then=JsonObject(columns)))


def _children(
    field: serializers.ListSerializer[Any], prefix: str, model: type[Model]
) -> Combinable:
    """Return the rows of a reverse foreign key as a JSON array, ordered by `Meta.row_order`."""
    if prefix:
        raise TypeError("a list of rows stands at the top of a serializer only")
    relation = model._meta.get_field(str(field.source))
    child, link = relation.related_model, relation.field.name  # type: ignore[union-attr]
    row = cast("serializers.Serializer[Any]", field.child)
    order: Sequence[str] = getattr(getattr(row, "Meta", None), "row_order", ("id",))
    columns = _columns(row.fields, prefix="", model=cast("type[Model]", child))
    rows = (
        QuerySet(child)
        .filter(**{link: OuterRef("pk")})
        .order_by()
        .values(link)
        .annotate(array=JsonArray(JsonObject(columns), order=order))
        .values("array")
    )
    return Coalesce(Subquery(rows), EmptyArray(), output_field=JSONField())
