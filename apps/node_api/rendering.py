"""Short arrays of rows, rendered by PostgreSQL without a page around them."""

from typing import Any, cast

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

from apps.core.renderers import Rendered
from apps.core.rows import RowClass, row_statement

MOST = 500


def array_of(rows: QuerySet[Any], row: RowClass) -> Rendered:
    """Return the newest rows of `rows` as a JSON array, at most 500. One query."""
    newest = rows.order_by("-created_at", "-id").values_list("created_at", "pk")[:MOST]
    source, row_params = row_statement(cast("type[Model]", rows.model), row)
    try:
        inner, params = newest.query.sql_with_params()
    except EmptyResultSet:
        return Rendered(b"[]")
    sql = (
        f"SELECT '[' || coalesce(string_agg(r.j::text, ',' ORDER BY p.k DESC, p.i DESC), '') || ']' "  # noqa: S608, E501
        f"FROM ({inner}) AS p(k, i) JOIN {source} ON r.i = p.i"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, (*params, *row_params))
        return Rendered(cursor.fetchone()[0].encode())


def members_of(row: Rendered) -> dict[str, Any]:
    """Return the members of a rendered object, to stand beside others."""
    members: dict[str, Any] = orjson.loads(bytes(row))
    return members
