"""Invitations, and how people come in by them or by themselves (P06)."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.link_serializers import NewPasswordSerializer
from apps.accounts.link_views import accepted
from apps.accounts.models import Invitation, Membership, invitation_status
from apps.accounts.serializers import TokenPairSerializer
from apps.accounts.services import request_registration, resend_invitation, revoke_invitation
from apps.accounts.views import PublicView
from apps.clients import services
from apps.clients.serializers import (
    InvitationInputSerializer,
    InvitationSerializer,
    RegisterSerializer,
)
from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of, gone
from apps.core.filters import by_choice, by_id, by_text
from apps.core.lists import DetailView, ListView
from apps.organizations.services import organization_of_host


class InvitationList(ListView[Invitation]):
    serializer_class = InvitationSerializer
    filters: ClassVar[Any] = {
        "status": by_choice("state", Invitation.Status.values),
        "role": by_choice("role", Membership.Role.values),
        "client_id": by_id("client_id"),
        "email": by_text("email__iexact"),
    }
    search = ("email",)

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Invitation]:
        """The team's invitations as far as the role goes; see `InvitationQuerySet`."""
        return Invitation.objects.visible_to(actor).annotate(state=invitation_status())

    @extend_schema(request=InvitationInputSerializer, responses={201: InvitationSerializer})
    def post(self, request: Request) -> Response:
        """Invite a person of the team, or a contact of a client, by mail."""
        actor = actor_of(request)
        invitation = services.invite_person(actor, **self.body(InvitationInputSerializer))
        return self.made_for(actor, invitation.id)


class InvitationDetail(DetailView[Invitation]):
    serializer_class = InvitationSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Invitation]:
        """The team's invitations as far as the role goes; see `InvitationQuerySet`."""
        return Invitation.objects.visible_to(actor)

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Revoke an invitation; its link stops working."""
        actor = actor_of(request)
        revoke_invitation(actor, self.locked(self.visible(actor), pk))
        return gone()


class InvitationResends(ApiView[Invitation]):
    serializer_class = InvitationSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Invitation]:
        """The team's invitations as far as the role goes; see `InvitationQuerySet`."""
        return Invitation.objects.visible_to(actor)

    @extend_schema(request=None, responses={201: InvitationSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Send an invitation once more; it runs for seven days from now."""
        actor = actor_of(request)
        resend_invitation(actor, self.locked(self.visible(actor), pk))
        return self.shown_to(actor, pk, status=201)


class Register(PublicView):
    @extend_schema(request=RegisterSerializer, responses={200: TokenPairSerializer, 202: None})
    def post(self, request: Request) -> Response:
        """Accept an invitation (200, signed in), or ask for an account (202, a mail follows)."""
        body = self.body(RegisterSerializer)
        if "token" in body:
            membership = services.accept_invitation(body.pop("token"), **body)
            return Response(TokenPairSerializer(services.enter_as(membership)).data)
        request_registration(organization_of_host(request.get_host()), **body)
        return accepted("Look into your mail and confirm your address.")


class RegistrationDetail(PublicView):
    @extend_schema(request=NewPasswordSerializer, responses={200: TokenPairSerializer})
    def post(self, request: Request, token: str) -> Response:
        """Confirm the address of a sign-up with the password that was chosen; signed in then."""
        membership = services.confirm_registration(token, **self.body(NewPasswordSerializer))
        return Response(TokenPairSerializer(services.enter_as(membership)).data)
