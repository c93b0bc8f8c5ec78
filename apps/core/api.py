"""What every view under `/api/v1/` shares: transaction, credential, rate limit, refusals.

A view is one transaction, and the organization of the credential is entered in it, so no view
can forget either. A view that streams sets `atomic = False` and opens its own.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from apps.core import throttles
from apps.core.actors import Actor
from apps.core.envelope import refusal_of
from apps.core.errors import (
    NotFound,
    PreconditionRequired,
    TooSlow,
    Unavailable,
    VersionConflict,
)
from apps.core.pages import read_row
from apps.core.renderers import Rendered
from apps.core.rows import RowClass, render_row
from apps.core.scopes import check_reach
from apps.core.sites import is_foreign, rate_at
from apps.core.statements import ListShape

M = TypeVar("M", bound=Model)
RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock (P149)
TOO_SLOW = "57014"  # the statement's time ran out: see portal/wsgi.py
ATTEMPTS = 3


def actor_of(request: Request | HttpRequest) -> Actor:
    """Return the actor of an authenticated request, typed."""
    return cast("Actor", request.user)


class ApiView(generics.GenericAPIView[M]):
    """Base of all views. Subclasses write `get`, `post` … and, for reads, `visible`."""

    atomic: ClassVar[bool] = True
    idempotency_required: ClassVar[bool] = False
    public: ClassVar[bool] = False
    feature: ClassVar[str] = ""  # the optional part that the routes belong to (P116)
    keys_read_only: ClassVar[bool] = False
    area: ClassVar[str] = ""  # of the scopes of API keys; empty: the name of the app
    queryset = None

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[M]:
        """Return the rows that `actor` may see; `parents` are the ids in the path."""
        raise NotImplementedError

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view function; its transaction is opened by `dispatch`, not by Django."""
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    def get_queryset(self) -> QuerySet[M]:
        """Return the visible rows for DRF's own use."""
        return self.visible(actor_of(self.request), **self.kwargs)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Serve the request in its transaction; a deadlock is repeated up to three times."""
        if not self.atomic:
            return self._once(request, *args, **kwargs)
        return repeated(lambda: self._in_transaction(request, *args, **kwargs))

    def _in_transaction(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and self._wants_idempotency(request):
            return self._idempotent(request, *args, **kwargs)
        with transaction.atomic():
            return self.once(request, *args, **kwargs)

    def once(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Serve the request in the open transaction; a refusal leaves nothing behind."""
        response = self._once(request, *args, **kwargs)
        if response.status_code >= 400:
            transaction.set_rollback(rollback=True)
        return response

    def _once(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return cast("HttpResponse", super().dispatch(request, *args, **kwargs))

    def _wants_idempotency(self, request: HttpRequest) -> bool:
        return not self.public and (
            self.idempotency_required or "HTTP_IDEMPOTENCY_KEY" in request.META
        )

    def _idempotent(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        run = import_string(settings.IDEMPOTENT_RUN)
        return cast("HttpResponse", run(self, request, *args, **kwargs))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let DRF admit the caller, then hold a key to its scopes."""
        super().initial(request, *args, **kwargs)
        actor: Actor | None = getattr(request, "user", None)
        if actor is not None:
            check_reach(type(self), actor, request.method or "")

    def check_throttles(self, request: Request) -> None:
        """Count the request against the caller's limit; raises RateLimited."""
        request._request.rate_standing = standing_of(request)  # type: ignore[attr-defined]  # noqa: SLF001
        self.check_feature(getattr(request, "user", None))

    def check_feature(self, actor: Actor | None) -> None:
        """Answer 404, as for an unknown route, where the organization has the part switched off."""
        if not self.feature or actor is None:
            return
        is_on: Callable[[UUID, str], bool] = import_string(settings.FEATURE_IS_ON)
        if not is_on(actor.organization_id, self.feature):
            raise NotFound

    # -- helpers of the methods ----------------------------------------------------------

    def body(self, shape: type[Serializer[Any]], **options: Any) -> dict[str, Any]:
        """Return the validated body as `shape` types it; raises ValidationError."""
        serializer = shape(data=self.request.data, context={"request": self.request}, **options)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def locked(self, rows: QuerySet[M], pk: UUID) -> M:
        """Return the row of `pk`, locked until the end; raises NotFound, VersionConflict.

        `If-Match` is compared after the lock, so two editors cannot both pass (P31).
        """
        row = rows.select_for_update(of=("self",)).filter(pk=pk).first()
        if row is None:
            raise NotFound
        expected = self.request.headers.get("If-Match", "*")
        current = getattr(row, "version", None)
        if expected != "*" and not _names_version(expected, current):
            raise VersionConflict(current_version=current)
        return row

    def one(self, rows: QuerySet[M], pk: UUID) -> M:
        """Return the visible row of `pk`; raises NotFound."""
        row = rows.filter(pk=pk).first()
        if row is None:
            raise NotFound
        return row

    def shown(
        self, rows: QuerySet[Any], pk: UUID, row: RowClass | None = None, **options: Any
    ) -> Response:
        """Return the row of `pk` as the serializer documents it, with its ETag."""
        found = render_row(rows.filter(pk=pk), row or cast("RowClass", self.serializer_class))
        if found is None:
            raise NotFound
        headers = {"ETag": found.tag} | (options.pop("headers", None) or {})
        return Response(Rendered(found.text), headers=headers, **options)

    def shown_to(
        self, actor: Actor, pk: UUID, row: RowClass | None = None, *, status: int = 200,
        headers: dict[str, str] | None = None, **parents: UUID,
    ) -> Response:  # fmt: skip
        """Return the visible row of `pk` as `shown` does, by a statement compiled once."""
        found = read_row(self.shape(row), actor, pk, parents)
        if found is None:
            raise NotFound
        headers = {"ETag": found.tag} | (headers or {})
        return Response(Rendered(found.text), headers=headers, status=status)

    def made_for(
        self, actor: Actor, pk: UUID, row: RowClass | None = None, **parents: UUID
    ) -> Response:
        """Return 201 with the new row and its `Location`."""
        place = {"Location": f"{self.request.path.rstrip('/')}/{pk}"}
        return self.shown_to(
            actor, pk, row, status=status.HTTP_201_CREATED, headers=place, **parents
        )

    @classmethod
    def shape(cls, row: RowClass | None = None) -> ListShape:
        """Return what is fixed about the rows of this view, rendered as `row` says."""
        return _shape(cls, row or cast("RowClass", cls.serializer_class))


@lru_cache(maxsize=1024)
def _shape(view: type[ApiView[Any]], row: RowClass) -> ListShape:
    return ListShape(
        name=f"{view.__module__}.{view.__qualname__} {row.__module__}.{row.__qualname__}",
        visible=view().visible,  # of no request: the shape outlives this one
        row=row,
        filters=getattr(view, "filters", {}),
        sorts=getattr(view, "sorts", {}),
        search=getattr(view, "search", ()),
    )


def gone() -> Response:
    """Return the answer of a deletion: 200 with `data: null` (C1)."""
    return Response(None)


def accepted(job_id: UUID) -> Response:
    """Return 202 with the place where the work can be followed (C1)."""
    place = f"/api/v1/jobs/{job_id}"
    return Response(
        {"job_id": job_id, "status_url": place},
        status.HTTP_202_ACCEPTED,
        headers={"Location": place},
    )


def repeated(work: Callable[[], HttpResponse], *, is_read: bool = False) -> HttpResponse:
    """Run `work`; repeat it after a deadlock, and a read also after a lost connection (P149).

    A write whose connection was lost may have been committed: it is not repeated, the answer is
    503. Raises Unavailable after three attempts.
    """
    for _attempt in range(ATTEMPTS):
        try:
            return work()
        except (OperationalError, InterfaceError) as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state in RETRYABLE:
                continue
            if state == TOO_SLOW:
                return refusal_of(TooSlow())
            if connection.in_atomic_block or connection.is_usable():
                raise
            connection.close()
            if not is_read:
                break
    return refusal_of(Unavailable())


def require_key(request: HttpRequest) -> str:
    """Return the `Idempotency-Key`; raises PreconditionRequired (428)."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        raise PreconditionRequired
    return key


def standing_of(request: Request | HttpRequest) -> throttles.Standing:
    """Count the request of a person, or of an anonymous address; raises RateLimited.

    A request counts once, also when it is repeated or leaves the short way for the long one.
    Raises NotFound for a credential of another organization than the host's (P105).
    """
    known = getattr(request, "rate_standing", None)
    if known is not None:
        return cast("throttles.Standing", known)
    credentials: Any = request.auth if isinstance(request, Request) else None
    credentials = credentials or getattr(request, "credentials", None)
    if credentials is None:
        return _checked(anonymous_standing(request))
    if is_foreign(request.META.get("HTTP_HOST", ""), credentials.actor.organization_id):
        raise NotFound
    return throttles.check(credentials.bucket, credentials.rate)


def anonymous_standing(request: Request | HttpRequest, *, cost: int = 1) -> throttles.Standing:
    """Count a request of an address without a credential; the host's tenant sets the limit."""
    host = request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", "")
    limit = throttles.rate(rate_at(host, "anonymous") or settings.ANONYMOUS_RATE)
    address = request.META.get("REMOTE_ADDR", "")
    return throttles.count(f"anonymous:{address}", limit, cost=cost)


def _checked(standing: throttles.Standing) -> throttles.Standing:
    if standing.remaining < 0:
        raise throttles.RateLimited(standing)
    return standing


def _names_version(header: str, version: int | None) -> bool:
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]
    return any(tag.partition("-")[0] == f"v{version}" for tag in tags)
