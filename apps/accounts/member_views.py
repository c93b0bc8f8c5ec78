"""The people of the organization and their roles, for those who look after them."""

from typing import Any
from uuid import UUID

import orjson
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.member_serializers import (
    CustomRoleSerializer,
    DepartureInputSerializer,
    DepartureSerializer,
    MemberChangeSerializer,
    MemberSerializer,
    RoleInputSerializer,
    RoleSerializer,
)
from apps.accounts.models import CustomRole, Membership
from apps.accounts.permissions import (
    CONTACT_ROLES,
    actions_of,
    contact_actions_of,
    require,
)
from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of, gone
from apps.core.envelope import success_bytes
from apps.core.errors import NotFound
from apps.core.lists import DetailView, ReadView, conditional


class MemberDetail(ReadView[Membership]):
    serializer_class = MemberSerializer
    area = "users"
    keys_read_only = True  # a key gives nobody a role

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Membership]:
        """The people of the organization; a contact sees himself."""
        return Membership.objects.visible_to(actor)

    @extend_schema(responses={200: MemberSerializer})
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a person."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the person of the path."""
        return self.read_one(request, self.visible(actor).filter(user_id=kwargs["user_id"]))

    @extend_schema(request=MemberChangeSerializer, responses={200: MemberSerializer})
    def put(self, request: Request, user_id: UUID) -> Response:
        """Set role and state of a person; without a custom role he has none."""
        body = {"custom_role_id": None} | self.body(MemberChangeSerializer)
        return self._change(request, user_id, body)

    @extend_schema(request=MemberChangeSerializer(partial=True), responses={200: MemberSerializer})
    def patch(self, request: Request, user_id: UUID) -> Response:
        """Change the role of a person, or switch him off and on."""
        return self._change(request, user_id, self.body(MemberChangeSerializer, partial=True))

    def _change(self, request: Request, user_id: UUID, changes: dict[str, Any]) -> Response:
        actor = actor_of(request)
        member = services.change_member(actor, locked_member(actor, user_id), **changes)
        return self.shown_to(actor, member.id)


class Departures(ApiView[Membership]):
    serializer_class = DepartureSerializer

    @extend_schema(request=DepartureInputSerializer, responses={201: DepartureSerializer})
    def post(self, request: Request, user_id: UUID) -> Response:
        """Let a colleague go: switched off, signed out, keys revoked, his work handed over."""
        actor = actor_of(request)
        member = locked_member(actor, user_id)
        successor_id = self.body(DepartureInputSerializer)["successor_id"]
        moved = services.depart(actor, member, successor_id=successor_id)
        shown = {"user_id": user_id, "successor_id": successor_id, "moved": moved}
        return Response(DepartureSerializer(shown).data, 201)


class RoleList(ReadView[CustomRole]):
    """All roles at once: there are never more than some sixty."""

    serializer_class = CustomRoleSerializer

    def check_access(self, actor: Actor) -> None:
        """Refuse contacts."""
        require(actor, "roles.read")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[CustomRole]:
        """The custom roles of the organization."""
        return CustomRole.objects.visible_to(actor)

    @extend_schema(responses={200: RoleSerializer(many=True)})
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """List the roles with what each may do, from the table that the services ask."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return built-in, custom and contact roles, in this order."""
        self._only_of(request)
        roles = [
            *(_role("built_in", name, actions_of(name)) for name in Membership.Role.values),
            *(
                _role("custom", role.name, actions_of(role.base, role.denied), role)
                for role in self.visible(actor).order_by("name", "id")
            ),
            *(_role("contact", name, contact_actions_of(name)) for name in CONTACT_ROLES),
        ]
        pages = {
            "limit": len(roles), "has_more": False, "next_cursor": None, "prev_cursor": None,
            "total": len(roles),
        }  # fmt: skip
        array = orjson.dumps(roles)
        return conditional(request, array, lambda: success_bytes(array, pagination=pages))

    @extend_schema(request=RoleInputSerializer, responses={201: CustomRoleSerializer})
    def post(self, request: Request) -> Response:
        """Make a custom role: a built-in one with some actions taken away."""
        actor = actor_of(request)
        role = services.create_role(actor, **self.body(RoleInputSerializer))
        return self.made_for(actor, role.id)


class RoleDetail(DetailView[CustomRole]):
    serializer_class = CustomRoleSerializer

    def check_access(self, actor: Actor) -> None:
        """Refuse contacts."""
        require(actor, "roles.read")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[CustomRole]:
        """The custom roles of the organization."""
        return CustomRole.objects.visible_to(actor)

    @extend_schema(request=RoleInputSerializer, responses={200: CustomRoleSerializer})
    def put(self, request: Request, pk: UUID) -> Response:
        """Replace name and denied actions."""
        return self._change(request, pk, self.body(RoleInputSerializer))

    @extend_schema(request=RoleInputSerializer(partial=True), responses={200: CustomRoleSerializer})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change the name or the denied actions."""
        return self._change(request, pk, self.body(RoleInputSerializer, partial=True))

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete a role that nobody has."""
        actor = actor_of(request)
        services.delete_role(actor, self.locked(self.visible(actor), pk))
        return gone()

    def _change(self, request: Request, pk: UUID, changes: dict[str, Any]) -> Response:
        actor = actor_of(request)
        services.change_role(actor, self.locked(self.visible(actor), pk), **changes)
        return self.shown_to(actor, pk)


def locked_member(actor: Actor, user_id: UUID) -> Membership:
    """Return the person of the path, locked; raises NotFound."""
    member = services.lock_member(actor, user_id)
    if member is None:
        raise NotFound
    return member


def _role(
    kind: str, name: str, actions: frozenset[str], custom: CustomRole | None = None
) -> dict[str, Any]:
    return {
        "id": str(custom.id) if custom else None, "kind": kind, "name": name,
        "base": custom.base if custom else None, "actions": sorted(actions),
        "denied": custom.denied if custom else [],
    }  # fmt: skip
