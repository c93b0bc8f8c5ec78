"""List and detail views of `/api/v1/`: the read paths, made short.

A `GET` does not pass DRF's request machinery: credential, limit, page and envelope are a handful
of calls around one query. The OpenAPI document is made from the same attributes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse

from apps.core.actors import Actor
from apps.core.admission import Admitter, AtOnce, Recollection, Run, at_once
from apps.core.api import ApiView, repeated, standing_of
from apps.core.cursors import decode, encode, list_digest
from apps.core.envelope import JSON, refusal_of, success_bytes
from apps.core.errors import DomainError, InvalidFilter, NotFound, Unauthenticated
from apps.core.filters import MAX_TEXT, Filter
from apps.core.headers import put
from apps.core.memory import Memory
from apps.core.pages import Page, read_page, read_row
from apps.core.rows import Row, RowClass, etag_of, field_names, render_row
from apps.core.scopes import check_reach
from apps.core.statements import Question, run

M = TypeVar("M", bound=Model)
DEFAULT_LIMIT, MAX_LIMIT = 20, 100
PAGING = ("limit", "cursor", "sort", "fields", "include_total")
QUESTIONS, LONGEST_REMEMBERED = 4096, 300
_questions: Memory[tuple[type, str, str], tuple[Question, str]] = Memory(QUESTIONS)


class ReadView(AtOnce, ApiView[M]):
    """The short path of `GET` and `HEAD`. A subclass answers in `read`."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Serve a read directly; everything else goes the long way of `ApiView`."""
        if request.method in {"GET", "HEAD"}:
            return repeated(lambda: self._read(request, **kwargs), is_read=True)
        return super().dispatch(request, *args, **kwargs)

    def _read(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            # Whether an optional part is on must be asked apart.
            is_quick = self.reads_at_once and not self.feature
            known = self._recollection(request) if is_quick else None
            if known is not None:
                response = at_once(known, partial(self._read_at_once, request, known, kwargs))
                if response is not None:
                    return response
            self.run = run
            with transaction.atomic():
                actor = self._admit(request)
                return self.read(request, actor, **kwargs)
        except DomainError as error:
            return refusal_of(error)

    def _recollection(self, request: HttpRequest) -> Recollection | None:
        for authenticator in self.get_authenticators():
            if hasattr(authenticator, "recollection"):
                return cast("Admitter", authenticator).recollection(request)
        return None

    def _read_at_once(
        self, request: HttpRequest, known: Recollection, kwargs: dict[str, Any], run: Run
    ) -> HttpResponse:
        actor = known.credentials.actor
        request.user, request.credentials = actor, known.credentials  # type: ignore[assignment,attr-defined]
        check_reach(type(self), actor, "GET")
        self.check_access(actor)
        request.rate_standing = standing_of(request)  # type: ignore[attr-defined]
        self.run = run
        return self.read(request, actor, **kwargs)

    def _admit(self, request: HttpRequest) -> Actor:
        for authenticator in self.get_authenticators():
            found = authenticator.authenticate(request)  # type: ignore[arg-type]
            if found is not None:
                request.user, request.credentials = found  # type: ignore[attr-defined]
                break
        else:
            raise Unauthenticated
        request.rate_standing = standing_of(request)  # type: ignore[attr-defined]
        actor = cast("Actor", request.user)
        self.check_feature(actor)
        check_reach(type(self), actor, "GET")
        self.check_access(actor)
        return actor

    def check_access(self, actor: Actor) -> None:
        """Refuse roles that may not use this area at all; raises PermissionDenied."""

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the response of a read; the transaction is open."""
        raise NotImplementedError

    def read_one(self, request: HttpRequest, rows: QuerySet[M]) -> HttpResponse:
        """Return the one row of `rows` with its ETag; raises NotFound, InvalidFilter."""
        only = self._only_of(request)
        return _shown(request, render_row(rows, cast("RowClass", self.serializer_class), only))

    def _only_of(self, request: HttpRequest) -> tuple[str, ...]:
        if not request.META["QUERY_STRING"]:
            return ()
        given = single_values(request)
        for name in given:
            if name != "fields":
                raise InvalidFilter(parameter=name[:100], fault="unknown", known=["fields"])
        return self._only(given.get("fields"))

    def _only(self, text: str | None) -> tuple[str, ...]:
        if text is None:
            return ()
        names = tuple(dict.fromkeys(text.split(",")))
        known = field_names(cast("RowClass", self.serializer_class))
        unknown = [name[:100] for name in names if name not in known]
        if unknown:
            raise InvalidFilter(parameter="fields", fault="unknown", unknown=unknown[:20])
        return names


class ListView(ReadView[M]):
    """A list. Set `serializer_class`, `filters`, `sorts`, `search`; write `visible`."""

    filters: ClassVar[Mapping[str, Filter]] = {}
    sorts: ClassVar[Mapping[str, str | Combinable]] = {"created_at": "created_at"}
    default_sort: ClassVar[str] = "-created_at"
    search: ClassVar[Sequence[str]] = ()
    max_limit: ClassVar[int] = MAX_LIMIT
    reads_at_once = True
    is_list = True

    def parent(self, actor: Actor, **parents: UUID) -> QuerySet[Any] | None:
        """Return the rows of the path's parent, for 404 when none is visible; None: no parent."""
        return None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """List, newest first unless `sort` says otherwise."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the page that the query parameters ask for."""
        question, digest = self._question(request)
        page = read_page(self.shape(), actor, question, kwargs, self.run)
        if not page.count:
            self.refuse_foreign(self.parent(actor, **kwargs))
        return self._answer(request, question, page, digest)

    def _question(self, request: HttpRequest) -> tuple[Question, str]:
        """Return what is asked and the digest of the list; a question is parsed once."""
        query = request.META["QUERY_STRING"]
        key = (type(self), request.path_info, query)
        known = _questions.get(key)
        if known is None:
            known = self._parsed(request)
            if known[0].position is None and len(query) <= LONGEST_REMEMBERED:  # a cursor expires
                _questions.put(key, known)
        return known

    def _parsed(self, request: HttpRequest) -> tuple[Question, str]:
        given = single_values(request)
        filters, searched = {}, ""
        for name, text in given.items():
            if name in self.filters:
                filters[name] = self.filters[name].value_of(name, text)
            elif name == "q" and self.search:
                searched = _searched(text)
            elif name not in PAGING:
                raise InvalidFilter(parameter=name[:100], fault="unknown", known=self._known())
        sort, descending = self._sort(given.get("sort", self.default_sort))
        kept = tuple((n, t) for n, t in given.items() if n in self.filters or n == "q")
        digest = list_digest(request.path_info, f"{sort}{descending}", kept)
        cursor = given.get("cursor")
        question = Question(
            limit=self._limit(given.get("limit")),
            sort=sort,
            descending=descending,
            filters=filters,
            search=searched,
            only=self._only(given.get("fields")),
            position=decode(cursor, digest) if cursor is not None else None,
            with_total=_flag("include_total", given.get("include_total", "false")),
        )
        return question, digest

    def _known(self) -> list[str]:
        return sorted([*self.filters, *PAGING, *(["q"] if self.search else [])])

    def _sort(self, text: str) -> tuple[str, bool]:
        name = text.removeprefix("-")
        if name not in self.sorts:
            raise InvalidFilter(parameter="sort", fault="unknown", known=sorted(self.sorts))
        return name, text.startswith("-")

    def _limit(self, text: str | None) -> int:
        if text is None:
            return DEFAULT_LIMIT
        if not (text.isascii() and text.isdigit() and len(text) < 6) or not (
            1 <= int(text) <= self.max_limit
        ):
            fault = f"must be a number from 1 to {self.max_limit}"
            raise InvalidFilter(parameter="limit", fault=fault)
        return int(text)

    def _answer(
        self, request: HttpRequest, question: Question, page: Page, digest: str
    ) -> HttpResponse:
        following = encode(page.following, digest) if page.following else None
        pagination = {
            "limit": question.limit,
            "has_more": following is not None,
            "next_cursor": following,
            "prev_cursor": encode(page.preceding, digest) if page.preceding else None,
            "total": page.total,
        }
        response = conditional(request, page.array, lambda: success_bytes(
            page.array, pagination=pagination
        ))  # fmt: skip
        if following is not None:
            kept = [
                part
                for part in request.META["QUERY_STRING"].split("&")
                if part and not part.startswith("cursor=")
            ]
            query = "&".join([*kept, f"cursor={following}"])
            response["Link"] = f'<{request.path}?{query}>; rel="next"'
        return response


class DetailView(ReadView[M]):
    """One row. Set `serializer_class`; write `visible(actor)` without the row's own id."""

    reads_at_once = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return one."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the row; a foreign id is 404, as if it did not exist."""
        pk = kwargs.pop("pk")
        only = self._only_of(request)
        return _shown(request, read_row(self.shape(), actor, pk, kwargs, only, self.run))


def _shown(request: HttpRequest, found: Row | None) -> HttpResponse:
    if found is None:
        raise NotFound
    return conditional(request, found.text, lambda: success_bytes(found.text), found.tag)


def conditional(
    request: HttpRequest, content: bytes, body: Callable[[], bytes], tag: str = ""
) -> HttpResponse:
    """Return `body()` with its ETag, or 304 when the caller has that already."""
    tag = tag or etag_of(content)
    if request.META.get("HTTP_IF_NONE_MATCH") == tag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body(), content_type=JSON)
    put(response, "ETag", tag)
    put(response, "Cache-Control", "private, no-cache")
    return response


def single_values(request: HttpRequest) -> dict[str, str]:
    """Return the query parameters; raises InvalidFilter for a repeated one or a NUL."""
    values = {}
    for name, texts in request.GET.lists():
        if len(texts) > 1:
            raise InvalidFilter(parameter=name[:100], fault="given more than once")
        if "\x00" in texts[0] or "\x00" in name:
            raise InvalidFilter(parameter=name[:100].replace("\x00", ""), fault="holds NUL")
        values[name] = texts[0]
    return values


def _searched(text: str) -> str:
    if not 1 <= len(text) <= MAX_TEXT:
        raise InvalidFilter(parameter="q", fault=f"needs 1 to {MAX_TEXT} characters")
    return text


def _flag(name: str, text: str) -> bool:
    if text not in {"true", "false"}:
        raise InvalidFilter(parameter=name, fault="needs true or false")
    return text == "true"
