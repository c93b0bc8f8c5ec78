"""One page of a list in one statement, compiled once per shape of the question.

The ORM writes the statement the first time, with marks where the actor's ids, the filter values
and the cursor stand. The text is kept; later requests only put their values in the place of the
marks. So `visible_to` decides what is seen, and costs nothing when it is asked again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import DateField, DateTimeField, F, IntegerField, Q, QuerySet, UUIDField
from django.db.models.expressions import Combinable

from apps.core.actors import Actor
from apps.core.cursors import BACKWARD, FORWARD, Position
from apps.core.filters import Filter, text_mark
from apps.core.rows import RowClass, row_statement

USER_MARK, ORGANIZATION_MARK = UUID(int=1), UUID(int=2)
KEY_ID_MARK = UUID(int=3)
Visible = Callable[..., QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks of a list, already parsed and typed."""

    limit: int
    sort: str
    descending: bool
    filters: Mapping[str, Any]
    search: str = ""
    only: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    position: Position | None = None
    with_total: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """`array` is a JSON array in UTF-8; the positions are None at the ends of the list."""

    array: bytes
    count: int
    following: Position | None
    preceding: Position | None
    total: int | None


@dataclass(frozen=True, slots=True)
class ListShape:
    """What is fixed about a list: how it is seen, filtered, searched, sorted and rendered."""

    name: str
    visible: Visible
    row: RowClass
    filters: Mapping[str, Filter]
    sorts: Mapping[str, str | Combinable]
    search: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement and, for each of its parameters, the mark or the constant to bind.

    `load` turns the text of a sort key into its value: only the border rows need that.
    """

    sql: str
    params: tuple[Any, ...]
    load: Callable[[str], Any] = str


def read_page(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> Page:
    """Return the page of `question` as `actor` may see it. One query, two with a total."""
    compiled = _page_statement(shape, actor, question, parents)
    values = _values(shape, actor, question, parents)
    rows = _run(compiled, values) if compiled else []
    total = None
    if question.with_total:
        counted = _count_statement(shape, actor, question, parents)
        total = _run(counted, values)[0][0] if counted else 0
    return _page(rows, question, total, compiled.load if compiled else str)


def _page(
    rows: list[tuple[str, str, str]],
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


def _run(compiled: Compiled, values: Mapping[Any, Any]) -> list[Any]:
    bound = [_bind(param, values) for param in compiled.params]
    with connection.cursor() as cursor:
        cursor.execute(compiled.sql, bound)
        return cursor.fetchall()  # type: ignore[no-any-return]


def _bind(param: Any, values: Mapping[Any, Any]) -> Any:
    if isinstance(param, str) and "\x01" in param and param not in values:
        mark = param[param.index("\x01") : param.rindex("\x01") + 1]
        text = connection.ops.prep_for_like_query(values[mark])
        return param.replace(mark, text)
    try:
        return values.get(param, param)
    except TypeError:  # a list is no mark: it cannot be a key
        return param


# -- what is bound --------------------------------------------------------------------------


def _client_mark(place: int) -> UUID:
    return UUID(int=(1 << 100) + place)


def _parent_mark(place: int) -> UUID:
    return UUID(int=(3 << 100) + place)


def _values(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> dict[Any, Any]:
    values: dict[Any, Any] = {USER_MARK: actor.user_id, ORGANIZATION_MARK: actor.organization_id}
    values |= {_client_mark(n): client for n, client in enumerate(actor.client_ids)}
    values |= {_parent_mark(n): parents[name] for n, name in enumerate(sorted(parents))}
    for n, name in enumerate(sorted(question.filters)):
        mark = shape.filters[name].mark
        if mark is not None:
            values[mark(n)] = question.filters[name]
    if question.search:
        values[text_mark(99)] = question.search
    if question.position is not None:
        values[_key_mark(type(question.position.value))] = question.position.value
        values[KEY_ID_MARK] = question.position.id
    return values


def _key_mark(kind: type) -> Any:
    marks: dict[type, Any] = {
        datetime: datetime(1901, 1, 1, tzinfo=UTC),
        date: date(1901, 1, 1),
        int: 31_607,  # within the smallest column: the ORM refuses what cannot fit
        UUID: UUID(int=4),
    }
    return marks.get(kind, text_mark(98))


# -- compiling ------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _compile(key: tuple[Any, ...], make: "Maker") -> Compiled | None:
    return make()


class Maker:
    """A recipe that equals every other one: only the key decides what the cache holds."""

    def __init__(self, recipe: Callable[[], Compiled]) -> None:
        self.recipe = recipe

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Maker)

    def __hash__(self) -> int:
        return 0

    def __call__(self) -> Compiled | None:
        """Return the statement, or None when nothing can be visible."""
        try:
            return self.recipe()
        except EmptyResultSet:
            return None


def _key(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> tuple[Any, ...]:
    filters = tuple(
        (name, None if shape.filters[name].mark else repr(question.filters[name]))
        for name in sorted(question.filters)
    )
    position = question.position
    way = (position.direction, type(position.value)) if position else None
    paging = (question.limit, question.sort, question.descending, way)
    return (
        shape.name, actor.shape(), filters, bool(question.search), question.only,
        question.expand, paging, tuple(sorted(parents)),
    )  # fmt: skip


def _page_statement(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> Compiled | None:
    key = (*_key(shape, actor, question, parents), "page")
    return _compile(key, Maker(lambda: _write_page(shape, actor, question, parents)))


def _count_statement(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> Compiled | None:
    key = (*_key(shape, actor, question, parents), "count")
    return _compile(key, Maker(lambda: _write_count(shape, actor, question, parents)))


def _marked(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> QuerySet[Any]:
    clients = tuple(_client_mark(n) for n in range(len(actor.client_ids)))
    stand_in = actor.with_ids(
        user_id=USER_MARK, organization_id=ORGANIZATION_MARK, client_ids=clients
    )
    places = {name: _parent_mark(n) for n, name in enumerate(sorted(parents))}
    rows = shape.visible(stand_in, **places)
    for n, name in enumerate(sorted(question.filters)):
        known = shape.filters[name]
        value = known.mark(n) if known.mark else question.filters[name]
        rows = rows.filter(**{known.lookup: value})
    if question.search:
        words = Q()
        for lookup in shape.search:
            words |= Q(**{f"{lookup}__icontains": text_mark(99)})
        rows = rows.filter(words)
    return rows


def _write_page(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> Compiled:
    rows = _marked(shape, actor, question, parents)
    expression = shape.sorts[question.sort]
    key = F(expression) if isinstance(expression, str) else expression
    rows = rows.annotate(page_key=key)
    down = question.descending
    if question.position is not None:
        forward = question.position.direction == FORWARD
        down = question.descending == forward
        mark = _position_mark(rows)
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
    sql = (
        f"SELECT r.j::text, p.k::text, p.i::text FROM ({inner}) AS p(k, i) "  # noqa: S608
        f"JOIN {source} ON r.i = p.i ORDER BY p.k {order}, p.i {order}"
    )
    return Compiled(sql, (*params, *row_params), LOADERS.get(_key_type(rows), str))


def _write_count(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> Compiled:
    rows = _marked(shape, actor, question, parents)
    inner, params = rows.order_by().values("pk").query.sql_with_params()
    return Compiled(f"SELECT count(*) FROM ({inner}) AS c", tuple(params))  # noqa: S608


def _position_mark(rows: QuerySet[Any]) -> Any:
    return _key_mark(_key_type(rows))


def _key_type(rows: QuerySet[Any]) -> type:
    output = rows.query.annotations["page_key"].output_field
    for field, kind in KEY_TYPES.items():
        if isinstance(output, field):
            return kind
    return str


KEY_TYPES: dict[type, type] = {
    DateTimeField: datetime,
    DateField: date,
    UUIDField: UUID,
    IntegerField: int,
}
LOADERS: dict[type, Callable[[str], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    UUID: UUID,
    int: int,
}
