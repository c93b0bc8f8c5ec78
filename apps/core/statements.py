"""Statements of lists, compiled once per shape of the question.

The ORM writes a statement the first time, with marks where the actor's ids, the filter values
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
from django.db.models import DateField, DateTimeField, IntegerField, Q, QuerySet, UUIDField
from django.db.models.expressions import Combinable

from apps.core.actors import Actor
from apps.core.cursors import Position
from apps.core.filters import Filter, text_mark
from apps.core.rows import RowClass

USER_MARK, ORGANIZATION_MARK = UUID(int=1), UUID(int=2)
KEY_ID_MARK = UUID(int=3)
CURRENT_SESSION_MARK = UUID(int=6)
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


def run(compiled: Compiled, values: Mapping[Any, Any]) -> list[Any]:
    """Return the rows of a statement with `values` in the place of its marks. One query."""
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


def client_mark(place: int) -> UUID:
    """Return what stands for the actor's n-th client company."""
    return UUID(int=(1 << 100) + place)


def parent_mark(place: int) -> UUID:
    """Return what stands for the n-th id in the path."""
    return UUID(int=(3 << 100) + place)


def bound_values(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> dict[Any, Any]:
    """Return for each mark the value that this request puts in its place."""
    values = _identity(actor)
    values |= {parent_mark(n): parents[name] for n, name in enumerate(sorted(parents))}
    for n, name in enumerate(sorted(question.filters)):
        mark = shape.filters[name].mark
        if mark is not None:
            values[mark(n)] = question.filters[name]
    if question.search:
        values[text_mark(99)] = question.search
    if question.position is not None:
        values[key_mark(type(question.position.value))] = question.position.value
        values[KEY_ID_MARK] = question.position.id
    return values


def key_mark(kind: type) -> Any:
    """Return what stands for the sort value of a cursor, in the type of the sort."""
    marks: dict[type, Any] = {
        datetime: datetime(1901, 1, 1, tzinfo=UTC),
        date: date(1901, 1, 1),
        int: 31_607,  # within the smallest column: the ORM refuses what cannot fit
        UUID: UUID(int=4),
    }
    return marks.get(kind, text_mark(98))


# -- compiling ------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def compiled_once(key: tuple[Any, ...], make: "Maker") -> Compiled | None:
    """Return the statement of `key`, made on first use; None when nothing can be visible."""
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


def shape_key(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> tuple[Any, ...]:
    """Return all that changes the text of a statement: two requests with one key share it."""
    filters = tuple(
        (name, None if shape.filters[name].mark else repr(question.filters[name]))
        for name in sorted(question.filters)
    )
    position = question.position
    way = (position.direction, type(position.value)) if position else None
    paging = (question.limit, question.sort, question.descending, way, question.with_total)
    return (
        shape.name, actor.shape(), filters, bool(question.search), question.only,
        question.expand, paging, tuple(sorted(parents)),
    )  # fmt: skip


def marked_rows(
    shape: ListShape, actor: Actor, question: Question, parents: Mapping[str, UUID]
) -> QuerySet[Any]:
    """Return the visible, filtered and searched rows, with marks for all that is bound."""
    places = {name: parent_mark(n) for n, name in enumerate(sorted(parents))}
    rows = shape.visible(stand_in(actor), **places)
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


def one_visible(name: str, actor: Actor, rows: Callable[[Actor], QuerySet[Any]]) -> Compiled:
    """Return SQL for the one row of `rows(actor)` that has an id, to stand in a larger statement.

    Compiled once by `name`, which is unique in the code, and the actor's shape; its parameters
    have names, see `named_values`. Raises EmptyResultSet when nothing can be visible.
    """
    compiled = compiled_once((name, actor.shape()), Maker(lambda: _one_visible(actor, rows)))
    if compiled is None:
        raise EmptyResultSet
    return compiled


def named_values(compiled: Compiled, actor: Actor, pk: UUID) -> dict[str, Any]:
    """Return the parameters of a statement of `one_visible` for the row of `pk`."""
    values = {**_identity(actor), KEY_ID_MARK: pk}
    return {f"seen_{n}": _bind(param, values) for n, param in enumerate(compiled.params)}


def _one_visible(actor: Actor, rows: Callable[[Actor], QuerySet[Any]]) -> Compiled:
    found = rows(stand_in(actor)).filter(pk=KEY_ID_MARK)
    sql, params = found.query.sql_with_params()
    first, *rest = sql.split("%s")
    named = first + "".join(f"%(seen_{n})s{part}" for n, part in enumerate(rest))
    return Compiled(named, tuple(params))


def stand_in(actor: Actor) -> Actor:
    """Return the actor whose ids are the marks that a compiled statement binds."""
    clients = tuple(client_mark(n) for n in range(len(actor.client_ids)))
    return actor.with_ids(user_id=USER_MARK, organization_id=ORGANIZATION_MARK, client_ids=clients)


def _identity(actor: Actor) -> dict[Any, Any]:
    values: dict[Any, Any] = {
        USER_MARK: actor.user_id,
        ORGANIZATION_MARK: actor.organization_id,
        CURRENT_SESSION_MARK: actor.session_id,
    }
    return values | {client_mark(n): client for n, client in enumerate(actor.client_ids)}


def key_type(rows: QuerySet[Any]) -> type:
    """Return the Python type of the sort value, from its annotation `page_key`."""
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
