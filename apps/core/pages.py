"""One page of a list in one statement (see apps.core.statements), two with a total."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from apps.core.actors import Actor
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
    run,
    shape_key,
)


@dataclass(frozen=True, slots=True)
class Page:
    """`array` is a JSON array in UTF-8; the positions are None at the ends of the list."""

    array: bytes
    count: int
    following: Position | None
    preceding: Position | None
    total: int | None


def read_page(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> Page:
    """Return the page of `question` as `actor` may see it. One query, two with a total."""
    compiled = _page_statement(shape, actor, question, parents)
    values = bound_values(shape, actor, question, parents)
    rows = run(compiled, values) if compiled else []
    total = _total(rows, shape, actor, question, parents) if question.with_total else None
    return _page(rows, question, total, compiled.load if compiled else str)


def read_row(
    shape: ListShape,
    actor: Actor,
    pk: UUID,
    parents: Mapping[str, UUID],
    only: tuple[str, ...] = (),
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


def _page(
    rows: list[tuple[Any, ...]],
    question: Question,
    total: int | None,
    load: Callable[[str], Any],
) -> Page:
    more, shown = len(rows) > question.limit, rows[: question.limit]
    backwards = question.position is not None and question.position.direction == BACKWARD
    if backwards:
        shown.reverse()
    array = ("[" + ",".join(row[0] for row in shown) + "]").encode()
    following = preceding = None
    if shown and (more or backwards):
        following = Position(FORWARD, load(shown[-1][1]), UUID(shown[-1][2]))
    if shown and question.position is not None and (more or not backwards):
        preceding = Position(BACKWARD, load(shown[0][1]), UUID(shown[0][2]))
    return Page(array, len(shown), following, preceding, total)


def _total(
    rows: list[tuple[Any, ...]],
    shape: ListShape,
    actor: Actor,
    question: Question,
    parents: Mapping[str, UUID],
) -> int:
    """Return the total that stands in each row; an empty page beyond the end is counted anew."""
    if rows:
        return int(rows[0][3])
    counted = _count_statement(shape, actor, question, parents)
    if question.position is None or counted is None:
        return 0
    return int(run(counted, bound_values(shape, actor, question, parents))[0][0])


def _page_statement(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> Compiled | None:
    key = (*shape_key(shape, actor, question, parents), "page")
    return compiled_once(key, Maker(lambda: _write_page(shape, actor, question, parents)))


def _count_statement(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> Compiled | None:
    key = (*shape_key(shape, actor, question, parents), "count")
    return compiled_once(key, Maker(lambda: _write_count(shape, actor, question, parents)))


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
    order = "DESC" if down else "ASC"
    total, total_params = ", NULL", ()
    if question.with_total:
        counted = _write_count(shape, actor, question, parents)
        total, total_params = f", ({counted.sql})", counted.params
    sql = (
        f"SELECT r.j::text, p.k::text, p.i::text{total} FROM ({inner}) AS p(k, i) "  # noqa: S608
        f"JOIN {source} ON r.i = p.i ORDER BY p.k {order}, p.i {order}"
    )
    bound = (*total_params, *params, *row_params)
    return Compiled(sql, bound, LOADERS.get(key_type(rows), str))


def _write_count(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> Compiled:
    rows = marked_rows(shape, actor, question, parents)
    inner, params = rows.order_by().values("pk").query.sql_with_params()
    return Compiled(f"SELECT count(*) FROM ({inner}) AS c", tuple(params))  # noqa: S608
