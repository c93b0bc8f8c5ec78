"""What every view of the old face shares: transaction, token, rate limit, body, refusals."""

from collections.abc import Mapping
from typing import IO, Any, ClassVar, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views import View
from rest_framework import serializers

from apps.accounts.authentication import recollection_of, signed_in
from apps.core.actors import Actor
from apps.core.admission import AtOnce, Credentials, Run, at_once
from apps.core.api import repeated, standing_of
from apps.core.errors import (
    DomainError,
    Malformed,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    Unauthenticated,
)
from apps.core.memory import Memory
from apps.core.parsers import parse_json, read_bounded
from apps.core.renderers import Rendered
from apps.core.rows import RowClass, render_row
from apps.core.scopes import CLOSED, check_reach
from apps.core.statements import run
from apps.node_api.answers import unknown_route
from apps.node_api.credentials import token_of
from apps.node_api.errors import InvalidForm, fault, faults_of, refusal

QUERIES, LONGEST_REMEMBERED = 4096, 300
_queries: Memory[tuple[type, str], dict[str, Any]] = Memory(QUERIES)
METHODS = ("get", "post", "put", "patch", "delete")
AREAS = {name: name for name in ("clients", "files", "invoices", "notifications", "projects")} | {
    "messages": "messaging"
}
Form = type[serializers.Serializer[Any]]


class NodeView(AtOnce, View):
    """Base of all views. Handlers are `get`, `post` … `(self, actor, **ids)`.

    `thing` names the row in "… not found". `team_only` lists the methods that the old face keeps
    for its admins, which are all people of the studio; the services still ask for the exact right.
    A view that is not `atomic` calls services which open their own transactions.
    """

    thing: ClassVar[str] = "Resource"
    public: ClassVar[bool] = False
    atomic: ClassVar[bool] = True
    team_only: ClassVar[tuple[str, ...]] = ()
    takes_cookie: ClassVar[bool] = False
    takes_query_token: ClassVar[bool] = False
    reads_in = "get"
    area: ClassVar[str] = ""
    keys_read_only: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        """Give the view the area of its module, in the words of the new face."""
        super().__init_subclass__(**options)
        cls.area = AREAS.get(cls.__module__.rpartition(".")[2], CLOSED)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view without Django's transaction: `dispatch` opens the one there is."""
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Serve the request; an unknown method is an unknown route, as it was."""
        method = "get" if request.method == "HEAD" else (request.method or "").lower()
        handler = getattr(self, method, None) if method in METHODS else None
        if handler is None:
            return unknown_route(request.method or "")
        try:
            if not self.atomic:
                return self._serve(request, method, **kwargs)
            return repeated(lambda: self._in_transaction(request, method, **kwargs))
        except DomainError as error:
            return self.refuse(error)

    def refuse(self, error: DomainError) -> HttpResponse:
        """Return the old answer to a refusal."""
        response = refusal(error, self.thing)
        return self._with_headers(response)

    def _in_transaction(self, request: HttpRequest, method: str, **kwargs: Any) -> HttpResponse:
        if method == "get" and self.reads_at_once:
            response = self._at_once(request, **kwargs)
            if response is not None:
                return response
        self.run = run
        with transaction.atomic():
            return self._serve(request, method, **kwargs)

    def _serve(self, request: HttpRequest, method: str, **kwargs: Any) -> HttpResponse:
        actor = None if self.public else self._admit(request)
        return self._answer(request, actor, method, **kwargs)

    def _answer(
        self, request: HttpRequest, actor: Actor | None, method: str, **kwargs: Any
    ) -> HttpResponse:
        request.rate_standing = standing_of(request)  # type: ignore[attr-defined]
        if actor is not None and actor.is_client and method in self.team_only:
            raise PermissionDenied
        if actor is not None and actor.denied:
            check_reach(type(self), actor, request.method or "")
        response = getattr(self, method)(*([actor] if actor else []), **kwargs)
        return self._with_headers(response)

    def _at_once(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        token = self._token_of(request)
        known = recollection_of(token) if token else None
        if known is None:
            return None

        def answer(confirmed: Run) -> HttpResponse:
            self.run = confirmed
            request.credentials = known.credentials  # type: ignore[attr-defined]
            return self._answer(request, known.credentials.actor, "get", **kwargs)

        return at_once(known, answer)

    def _token_of(self, request: HttpRequest) -> str:
        return token_of(request, cookie=self.takes_cookie, query=self.takes_query_token)

    def _admit(self, request: HttpRequest) -> Actor:
        token = self._token_of(request)
        if not token:
            raise Unauthenticated
        with transaction.atomic():
            actor, credentials = signed_in(token)
        request.credentials = credentials  # type: ignore[attr-defined]
        return actor

    def _with_headers(self, response: HttpResponse) -> HttpResponse:
        response["Referrer-Policy"] = "no-referrer"
        credentials: Credentials | None = getattr(self.request, "credentials", None)
        if credentials is not None:
            rate = credentials.rate
            response["RateLimit-Policy"] = f"{rate.limit};w={rate.seconds}"
        return response

    # -- helpers of the methods ----------------------------------------------------------

    def given(self) -> Mapping[str, Any]:
        """Return the body as an object: JSON, a form, or the fields of an upload."""
        request = self.request
        if request.content_type == "application/json" or not request.content_type:
            found = parse_json(read_bounded(cast("IO[bytes]", request), settings.NODE_BODY_BYTES))
            if not isinstance(found, Mapping):
                raise Malformed(fault="the body is not an object")
            return found
        try:
            return request.POST.dict()
        except RequestDataTooBig as error:
            raise PayloadTooLarge(limit_bytes=settings.NODE_BODY_BYTES) from error

    def body(self, form: Form, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the body as `form` types it; raises InvalidForm."""
        return checked(form, self.given() if given is None else given, "body")

    def query(self, form: Form) -> dict[str, Any]:
        """Return the query parameters as `form` types them; raises InvalidForm.

        What was typed once is remembered: a form costs more than a page of a list.
        """
        text = self.request.META["QUERY_STRING"]
        known = _queries.get((form, text))
        if known is None:
            known = checked(form, self.request.GET.dict(), "query")
            if len(text) <= LONGEST_REMEMBERED:
                _queries.put((form, text), known)
        return dict(known)

    def shown(self, rows: QuerySet[Any], row: RowClass) -> Rendered:
        """Return the one row of `rows` as `row` describes it; raises NotFound."""
        found = render_row(rows, row)
        if found is None:
            raise NotFound
        return Rendered(found.text)

    def locked(self, rows: QuerySet[Any], pk: UUID) -> Any:
        """Return the row of `pk`, locked until the end; raises NotFound."""
        row = rows.select_for_update(of=("self",)).filter(pk=pk).first()
        if row is None:
            raise NotFound
        return row

    def one(self, rows: QuerySet[Any], **lookup: Any) -> Any:
        """Return the visible row; raises NotFound."""
        row = rows.filter(**lookup).first()
        if row is None:
            raise NotFound
        return row


def checked(form: Form, given: Mapping[str, Any], location: str) -> dict[str, Any]:
    """Return `given` as `form` types it; raises InvalidForm with every fault."""
    serializer = form(data=given)
    try:
        serializer.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        raise InvalidForm(faults_of(error.get_full_details(), given, location)) from error
    return dict(serializer.validated_data)


def id_of(text: str, name: str = "id", label: str = "") -> UUID:
    """Return the id in a path; raises InvalidForm for anything that is none.

    The pages offer the constant ids "1" and "2" for clients and projects. Which row a person
    means by them cannot be known, and a guess would bill the wrong one: they are refused too.
    """
    try:
        return UUID(text)
    except ValueError as error:
        fault_text = f"Invalid {label} ID format".replace("  ", " ")
        raise InvalidForm([fault(name, fault_text, "params", {name: text[:100]})]) from error
