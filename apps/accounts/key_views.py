"""API keys and service accounts. No key reaches them: see `apps.core.scopes`."""

from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.key_serializers import (
    AccountKeyInputSerializer,
    ApiKeyChangeSerializer,
    ApiKeyInputSerializer,
    ApiKeySerializer,
    NewApiKeySerializer,
    ServiceAccountChangeSerializer,
    ServiceAccountInputSerializer,
    ServiceAccountSerializer,
)
from apps.accounts.models import ApiKey, Membership
from apps.accounts.permissions import require
from apps.accounts.scopes import example_path
from apps.core.actors import Actor
from apps.core.api import actor_of, gone
from apps.core.errors import NotFound
from apps.core.filters import by_flag, by_id
from apps.core.lists import DetailView, ListView, ReadView
from apps.core.rows import render_row


def shown_once(request: Request, rows: QuerySet[ApiKey], key: ApiKey, text: str) -> Response:
    """Return 201 with the key's text, which is not told again, and a command that uses it."""
    row = render_row(rows.filter(pk=key.id), ApiKeySerializer)
    if row is None:
        raise NotFound
    path = example_path(tuple(key.scopes)) or "/api/v1/users/me"
    address = request.build_absolute_uri(path)
    shown = {"key": text, "example": f"curl -H 'Authorization: Bearer {text}' {address}"}
    headers = {
        "ETag": row.tag, "Location": f"/api/v1/api-keys/{key.id}", "Cache-Control": "no-store",
    }  # fmt: skip
    return Response(orjson.loads(row.text) | shown, 201, headers=headers)


class ApiKeyList(ListView[ApiKey]):
    serializer_class = ApiKeySerializer
    filters: ClassVar[Any] = {"user_id": by_id("user_id")}
    sorts: ClassVar[Any] = {"created_at": "created_at", "name": "name"}
    search = ("name", "prefix")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[ApiKey]:
        """The keys that work: leaders see all, others their own."""
        return ApiKey.objects.visible_to(actor)

    @extend_schema(request=ApiKeyInputSerializer, responses={201: NewApiKeySerializer})
    def post(self, request: Request) -> Response:
        """Make a key; its text is in this answer and never again."""
        actor = actor_of(request)
        key, text = services.create_key(actor, **self.body(ApiKeyInputSerializer))
        return shown_once(request, self.visible(actor), key, text)


class ApiKeyDetail(DetailView[ApiKey]):
    serializer_class = ApiKeySerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[ApiKey]:
        """The keys that work: leaders see all, others their own."""
        return ApiKey.objects.visible_to(actor)

    @extend_schema(request=ApiKeyChangeSerializer, responses={200: ApiKeySerializer})
    def put(self, request: Request, pk: UUID) -> Response:
        """Replace what a key may do; without an end or addresses it has none."""
        body = {"expires_at": None, "addresses": []} | self.body(ApiKeyChangeSerializer)
        return self._change(request, pk, body)

    @extend_schema(request=ApiKeyChangeSerializer(partial=True), responses={200: ApiKeySerializer})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change name, scopes, end or addresses of a key."""
        return self._change(request, pk, self.body(ApiKeyChangeSerializer, partial=True))

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Revoke a key; its next request is 401."""
        actor = actor_of(request)
        services.revoke_key(actor, self.locked(self.visible(actor), pk))
        return gone()

    def _change(self, request: Request, pk: UUID, changes: dict[str, Any]) -> Response:
        actor = actor_of(request)
        services.change_key(actor, self.locked(self.visible(actor), pk), **changes)
        return self.shown_to(actor, pk)


class ServiceAccountList(ListView[Membership]):
    serializer_class = ServiceAccountSerializer
    filters: ClassVar[Any] = {"is_active": by_flag("is_active")}
    sorts: ClassVar[Any] = {"created_at": "created_at", "name": "user__first_name"}
    search = ("user__first_name",)

    def check_access(self, actor: Actor) -> None:
        """Refuse all but owners and admins."""
        require(actor, "service_accounts.write")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Membership]:
        """The service accounts of the organization."""
        return Membership.objects.services_of(actor)

    @extend_schema(request=ServiceAccountInputSerializer, responses={201: ServiceAccountSerializer})
    def post(self, request: Request) -> Response:
        """Make a service account; give it keys next."""
        actor = actor_of(request)
        body = self.body(ServiceAccountInputSerializer)
        account = services.create_service_account(actor, **body)
        place = {"Location": f"{request.path.rstrip('/')}/{account.user_id}"}
        return self.shown_to(actor, account.id, status=201, headers=place)


class ServiceAccountDetail(ReadView[Membership]):
    serializer_class = ServiceAccountSerializer

    def check_access(self, actor: Actor) -> None:
        """Refuse all but owners and admins."""
        require(actor, "service_accounts.write")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Membership]:
        """The service accounts of the organization."""
        return Membership.objects.services_of(actor)

    @extend_schema(responses={200: ServiceAccountSerializer})
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a service account."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the row of the path's id."""
        return self.read_one(request, self.visible(actor).filter(user_id=kwargs["user_id"]))

    @extend_schema(
        request=ServiceAccountChangeSerializer, responses={200: ServiceAccountSerializer}
    )
    def put(self, request: Request, user_id: UUID) -> Response:
        """Replace name and role."""
        return self._change(request, user_id, self.body(ServiceAccountChangeSerializer))

    @extend_schema(
        request=ServiceAccountChangeSerializer(partial=True),
        responses={200: ServiceAccountSerializer},
    )
    def patch(self, request: Request, user_id: UUID) -> Response:
        """Change name or role, or switch it off and on."""
        changes = self.body(ServiceAccountChangeSerializer, partial=True)
        return self._change(request, user_id, changes)

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, user_id: UUID) -> Response:
        """Switch it off for good and revoke its keys."""
        actor = actor_of(request)
        services.remove_service_account(actor, self._locked_account(actor, user_id))
        return gone()

    def _change(self, request: Request, user_id: UUID, changes: dict[str, Any]) -> Response:
        actor = actor_of(request)
        account = self._locked_account(actor, user_id)
        services.change_service_account(actor, account, **changes)
        return self.shown_to(actor, account.id)

    def _locked_account(self, actor: Actor, user_id: UUID) -> Membership:
        self.check_access(actor)
        rows = self.visible(actor)
        known = rows.filter(user_id=user_id).values_list("id", flat=True).first()
        if known is None:
            raise NotFound
        return self.locked(rows.select_related("user"), known)


class AccountKeyList(ListView[ApiKey]):
    """The keys of one service account."""

    serializer_class = ApiKeySerializer

    def check_access(self, actor: Actor) -> None:
        """Refuse all but owners and admins."""
        require(actor, "service_accounts.write")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[ApiKey]:
        """The account's keys that work."""
        return ApiKey.objects.visible_to(actor).filter(user_id=parents["user_id"])

    def parent(self, actor: Actor, **parents: UUID) -> QuerySet[Membership]:
        """The account."""
        return Membership.objects.services_of(actor).filter(user_id=parents["user_id"])

    @extend_schema(request=AccountKeyInputSerializer, responses={201: NewApiKeySerializer})
    def post(self, request: Request, user_id: UUID) -> Response:
        """Make a key of the account; its text is in this answer and never again."""
        actor = actor_of(request)
        self.check_access(actor)
        body = self.body(AccountKeyInputSerializer)
        key, text = services.create_key(actor, service_account_id=user_id, **body)
        return shown_once(request, self.visible(actor, user_id=user_id), key, text)
