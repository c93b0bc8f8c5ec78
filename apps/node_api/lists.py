"""A list with page numbers and a total in one statement, rendered by PostgreSQL.

Ids first, then the joins: only the rows of the page are joined and rendered, however deep it is,
and the total counts without any join that the filters do not need (performance.md, section 3).
Statements are compiled once per shape of the question, as in `apps.core.pages`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import F, Model, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpResponse

from apps.core.actors import Actor
from apps.core.errors import InvalidFilter
from apps.core.filters import Filter
from apps.core.renderers import Rendered
from apps.core.rows import RowClass, row_statement
from apps.core.statements import (
    Compiled,
    ListShape,
    Maker,
    Question,
    bound_values,
    compiled_once,
    marked_rows,
    shape_key,
    stand_in,
)
from apps.node_api.answers import answer
from apps.node_api.api import NodeView
from apps.node_api.errors import InvalidForm, fault
from apps.node_api.forms import PageForm
from apps.node_api.pages import NumberedPage

OFFSET_MARK = "\x01offset\x01"


class NumberedList(NodeView):
    """A list of the old face. Set the attributes and write `visible(actor, **parents)`.

    `form` names the query members; those that are also in `filters` narrow the list. `sorts` maps
    the old names of orders. `unread(actor)` counts something beside the list.
    """

    key: ClassVar[str]
    row: ClassVar[RowClass]
    form: ClassVar[type[PageForm]] = PageForm
    filters: ClassVar[Mapping[str, Filter]] = {}
    sorts: ClassVar[Mapping[str, str | Combinable]] = {"created_at": "created_at"}
    search: ClassVar[tuple[str, ...]] = ()
    echoed: ClassVar[tuple[str, ...]] = ()
    keeps_empty: ClassVar[bool] = False
    reads_at_once = True
    turned: ClassVar[bool] = False  # the first page holds the newest rows, oldest first

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Any]:
        """Return the rows that `actor` may see; compiled once, so it reads nothing else."""
        raise NotImplementedError

    def parent(self, actor: Actor, **parents: UUID) -> QuerySet[Any] | None:
        """Return the rows of the path's parent, for 404 when none is visible; None: no parent."""
        return None

    def unread(self, actor: Actor) -> QuerySet[Any] | None:
        """Return rows to count beside the list, or None."""
        return None

    def pagination(self, page: NumberedPage) -> dict[str, Any]:
        """Return the `pagination` member in the shape of this list."""
        raise NotImplementedError

    def get(self, actor: Actor, **parents: UUID) -> HttpResponse:
        """List, newest first."""
        given = self.query(self.form)
        page = self.page_of(actor, given, parents)
        return self.listed(given, page)

    def listed(self, given: Mapping[str, Any], page: NumberedPage) -> HttpResponse:
        """Return the answer around a page."""
        members: dict[str, Any] = {self.key: page.array, "pagination": self.pagination(page)}
        if self.echoed:
            members["filters"] = {name: given.get(name, "") for name in self.echoed}
        return answer(members)

    def page_of(
        self, actor: Actor, given: Mapping[str, Any], parents: Mapping[str, UUID]
    ) -> NumberedPage:
        """Return the page that was asked for; raises NotFound for a foreign parent."""
        question = Question(
            limit=given["limit"],
            sort=given.get("sort", next(iter(self.sorts))),
            descending=given["order"] == "desc",
            filters=self._filters(given),
            search=given.get("search", ""),
        )
        page = self._read(actor, question, parents, given["page"])
        if not page.total:
            self.refuse_foreign(self.parent(actor, **parents))
        return page

    def _filters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        values = {}
        for name, known in self.filters.items():
            if name in given:
                try:
                    values[name] = known.value_of(name, str(given[name]))
                except InvalidFilter as error:
                    text = f"Invalid {name}"
                    raise InvalidForm([fault(name, text, "query", given)]) from error
        return values

    def _shape(self) -> ListShape:
        shape = type(self).__dict__.get("_list_shape")
        if shape is None:
            shape = ListShape(
                name=f"{type(self).__module__}.{type(self).__qualname__}",
                visible=type(self)().visible,  # of no request: the shape outlives this one
                row=self.row,
                filters=self.filters,
                sorts=self.sorts,
                search=self.search,
            )
            setattr(type(self), "_list_shape", shape)  # noqa: B010  one shape for the class
        return cast("ListShape", shape)

    def _read(
        self, actor: Actor, question: Question, parents: Mapping[str, UUID], number: int
    ) -> NumberedPage:
        """Read a page. One query, also for the total."""
        shape = self._shape()
        is_first = number == 1
        key = (*shape_key(shape, actor, question, parents), "numbered", is_first)
        recipe = Maker(lambda: self._written(shape, actor, question, parents, is_first=is_first))
        compiled = compiled_once(key, recipe)
        if compiled is None:
            return NumberedPage(Rendered(b"[]"), 0, number, question.limit)
        values = bound_values(shape, actor, question, parents)
        values[OFFSET_MARK] = (number - 1) * question.limit
        [(array, total, unread)] = self.run(compiled, values)
        return NumberedPage(Rendered(array.encode()), total, number, question.limit, unread)

    def _written(
        self,
        shape: ListShape,
        actor: Actor,
        question: Question,
        parents: Mapping[str, UUID],
        *,
        is_first: bool,
    ) -> Compiled:
        """Write the statement. The first page has no bound number in it.

        With one, PostgreSQL could not tell how many rows it reads and would plan each time anew,
        which takes longer than the page itself.
        """
        rows = marked_rows(shape, actor, question, parents)
        everything, count_params = rows.order_by().values("pk").query.sql_with_params()
        expression = shape.sorts[question.sort]
        sort_key = F(expression) if isinstance(expression, str) else expression
        sign, order = ("-", "DESC") if question.descending else ("", "ASC")
        keyed = rows.annotate(page_key=sort_key).order_by(f"{sign}page_key", f"{sign}pk")
        inner, params = keyed.values_list("page_key", "pk").query.sql_with_params()
        source, row_params = row_statement(cast("type[Model]", rows.model), shape.row)
        shown = {"DESC": "ASC", "ASC": "DESC"}[order] if self.turned else order
        json = "r.j" if self.keeps_empty else "json_strip_nulls(r.j::json)"
        offset, page_params = ("", ()) if is_first else (" OFFSET %s", (OFFSET_MARK,))
        unread, unread_params = self._unread_statement(actor)
        sql = (
            f"WITH p(k, i) AS ({inner} LIMIT {question.limit}{offset}) "  # noqa: S608
            f"SELECT '[' || coalesce((SELECT string_agg({json}::text, ',' "
            f"ORDER BY p.k {shown}, p.i {shown}) FROM p JOIN {source} ON r.i = p.i), '') || ']', "
            f"(SELECT count(*) FROM ({everything}) AS c), {unread}"
        )
        bound = (*params, *page_params, *row_params, *count_params, *unread_params)
        return Compiled(sql, bound)

    def _unread_statement(self, actor: Actor) -> tuple[str, tuple[Any, ...]]:
        rows = self.unread(stand_in(actor))
        if rows is None:
            return "0", ()
        inner, params = rows.order_by().values("pk").query.sql_with_params()
        return f"(SELECT count(*) FROM ({inner}) AS u)", tuple(params)  # noqa: S608
