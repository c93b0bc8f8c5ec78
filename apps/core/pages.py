"""One page of a list, with its total if one is asked for, in one statement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, Q

from apps.core.actors import Actor
from apps.core.admission import Run
from apps.core.cursors import BACKWARD, FORWARD, Position
from apps.core.rows import Row, one_statement, row_of, row_statement
from apps.core.statements import (
    KEY_ID_MARK,
    LOADERS,
    Compiled,
    ListShape,
    Maker,
    Question,
    bound_values,
    compiled_once,
    key_mark,
    key_type,
    marked_rows,
    shape_key,
)
from apps.core.statements import run as run_alone


@dataclass(frozen=True, slots=True)
class Page:
    """`array` is a JSON array in UTF-8; the positions are None at the ends of the list."""

    array: bytes
    count: int
    following: Position | None
    preceding: Position | None
    total: int | None


def read_page(
    shape: ListShape,
    actor: Actor,
    question: Question,
    parents: Mapping[str, UUID],
    run: Run = run_alone,
) -> Page:
    """Return the page of `question` as `actor` may see it. One query."""
    compiled = _page_statement(shape, actor, question, parents)
    if compiled is None:
        return Page(b"[]", 0, None, None, 0 if question.with_total else None)
    values = bound_values(shape, actor, question, parents)
    [found] = run(compiled, values)
    return _page(Found(*found), question, compiled.load)


def read_row(
    shape: ListShape,
    actor: Actor,
    pk: UUID,
    parents: Mapping[str, UUID],
    only: tuple[str, ...] = (),
    run: Run = run_alone,
) -> Row | None:
    """Return the visible row of `pk`, or None. One query, compiled once like that of a page."""
    question = Question(limit=1, sort="", descending=False, filters={}, only=only)
    key = (*shape_key(shape, actor, question, parents), "row")

    def written() -> Compiled:
        rows = marked_rows(shape, actor, question, parents).filter(pk=KEY_ID_MARK)
        return Compiled(*one_statement(rows, shape.row, only))

    compiled = compiled_once(key, Maker(written))
    if compiled is None:
        return None
    values = bound_values(shape, actor, question, parents) | {KEY_ID_MARK: pk}
    found = run(compiled, values)
    return row_of(found[0]) if found else None


class Found(NamedTuple):
    """The one row that a page statement returns.

    `array` is the JSON of the rows without its brackets, `found` the number of ids, one more than
    the limit when another page follows; the keys and ids of the borders are texts.
    """

    array: str | None
    found: int
    first_key: str | None
    first_id: str | None
    last_key: str | None
    last_id: str | None
    total: int | None


def _page(row: Found, question: Question, load: Callable[[str], Any]) -> Page:
    more, position = row.found > question.limit, question.position
    backwards = position is not None and position.direction == BACKWARD
    first, last = (row.first_key, row.first_id), (row.last_key, row.last_id)
    if backwards:
        first, last = last, first
    following = preceding = None
    if row.found and (more or backwards):
        following = _position(FORWARD, last, load)
    if row.found and position is not None and (more or not backwards):
        preceding = _position(BACKWARD, first, load)
    array = f"[{row.array or ''}]".encode()
    return Page(array, min(row.found, question.limit), following, preceding, row.total)


def _position(
    direction: str, border: tuple[str | None, str | None], load: Callable[[str], Any]
) -> Position:
    key, row_id = border
    return Position(direction, load(key or ""), UUID(row_id))


def _page_statement(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> Compiled | None:
    key = (*shape_key(shape, actor, question, parents), "page")
    return compiled_once(key, Maker(lambda: _write_page(shape, actor, question, parents)))


def _write_page(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> Compiled:
    rows = marked_rows(shape, actor, question, parents)
    expression = shape.sorts[question.sort]
    key = F(expression) if isinstance(expression, str) else expression
    rows = rows.annotate(page_key=key)
    down = question.descending
    if question.position is not None:
        forward = question.position.direction == FORWARD
        down = question.descending == forward
        mark = key_mark(key_type(rows))
        side = "lt" if down else "gt"
        beyond = Q(**{f"page_key__{side}": mark}) | Q(page_key=mark, **{f"pk__{side}": KEY_ID_MARK})
        # The first half alone lets the index bound the scan.
        rows = rows.filter(**{f"page_key__{side}e": mark}).filter(beyond)
    sign = "-" if down else ""
    ids = rows.order_by(f"{sign}page_key", f"{sign}pk").values_list("page_key", "pk")
    inner, params = ids[: question.limit + 1].query.sql_with_params()
    keep = (*question.only, "id") if question.only else ()
    source, row_params = row_statement(rows.model, shape.row, keep)
    order, shown = ("DESC" if down else "ASC"), ("DESC" if down != question.descending else "ASC")
    total, total_params = "NULL", ()
    if question.with_total:
        counted = _write_count(shape, actor, question, parents)
        total, total_params = f"({counted.sql})", counted.params
    limit = question.limit
    sql = (
        "WITH p(k, i, n, size) AS MATERIALIZED (SELECT k, i, "  # noqa: S608
        f"row_number() OVER (ORDER BY k {order}, i {order}), count(*) OVER () "
        f"FROM ({inner}) AS q(k, i)) "
        f"SELECT string_agg(r.j::text, ',' ORDER BY p.n {shown}) FILTER (WHERE p.n <= {limit}), "
        "count(*), max(p.k::text) FILTER (WHERE p.n = 1), max(p.i::text) FILTER (WHERE p.n = 1), "
        f"max(p.k::text) FILTER (WHERE p.n = least(p.size, {limit})), "
        f"max(p.i::text) FILTER (WHERE p.n = least(p.size, {limit})), {total} "
        f"FROM p JOIN {source} ON r.i = p.i"
    )
    bound = (*params, *total_params, *row_params)
    return Compiled(sql, bound, LOADERS.get(key_type(rows), str))


def _write_count(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> Compiled:
    rows = marked_rows(shape, actor, question, parents)
    inner, params = rows.order_by().values("pk").query.sql_with_params()
    return Compiled(f"SELECT count(*) FROM ({inner}) AS c", tuple(params))  # noqa: S608
