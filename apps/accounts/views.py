"""Sign-in, refresh, sessions and the person himself."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import sending_on, services
from apps.accounts.devices import COOKIE, keep_device
from apps.accounts.models import Membership, Session
from apps.accounts.serializers import (
    HandoffSerializer,
    LoginSerializer,
    PasswordChangeSerializer,
    ProfileSerializer,
    RefreshSerializer,
    SessionSerializer,
    TokenPairSerializer,
    UserSerializer,
)
from apps.core.actors import NOBODY, Actor
from apps.core.api import ApiView, actor_of, gone
from apps.core.errors import NotFound
from apps.core.filters import by_choice
from apps.core.lists import ListView, ReadView


class PublicView(ApiView[Any]):
    """A route without a credential; the service opens its own transactions."""

    atomic = False
    public = True
    authentication_classes: Any = []
    permission_classes: Any = []


def signed_in(request: Request, pair: services.SignedIn) -> Response:
    """Return a token pair, and make the browser a known device of its person."""
    response = Response(TokenPairSerializer(pair).data)
    keep_device(response, request, pair.session.user_id)
    return response


class Login(PublicView):
    @extend_schema(request=LoginSerializer, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        """Sign in with e-mail and password."""
        device = request.COOKIES.get(COOKIE, "")
        return signed_in(request, services.sign_in(**self.body(LoginSerializer), device=device))


class Refresh(PublicView):
    @extend_schema(request=RefreshSerializer, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        """Trade a refresh token for a new pair."""
        pair = services.refresh(self.body(RefreshSerializer)["refresh_token"])
        return Response(TokenPairSerializer(pair).data)


class HandoffList(PublicView):
    @extend_schema(request=HandoffSerializer, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        """Trade the code of a finished sign-in (a link of a mail, SSO) for a token pair."""
        code = self.body(HandoffSerializer)["code"]
        browser = request.COOKIES.get(sending_on.COOKIE, "")
        return signed_in(request, services.accept_handoff(code, browser))


class Logout(ApiView[Session]):
    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Session]:
        """The session of the token."""
        return Session.objects.visible_to(actor).filter(id=actor.session_id or NOBODY)

    @extend_schema(request=None, responses={200: None})
    def post(self, request: Request) -> Response:
        """End the session of this token."""
        actor = actor_of(request)
        services.end_sessions(actor, list(self.visible(actor)), reason="logout")
        return gone()


class LogoutAll(Logout):
    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Session]:
        """All sessions of the person."""
        return Session.objects.visible_to(actor).live()

    @extend_schema(request=None, responses={200: None})
    def post(self, request: Request) -> Response:
        """End all sessions of the person."""
        actor = actor_of(request)
        services.end_sessions(actor, list(self.visible(actor)), reason="logout_all")
        return gone()


class SessionList(ListView[Session]):
    serializer_class = SessionSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Session]:
        """The person's devices that are still signed in."""
        return Session.objects.visible_to(actor).live()


class SessionDetail(ApiView[Session]):
    serializer_class = SessionSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Session]:
        """The person's devices that are still signed in."""
        return Session.objects.visible_to(actor).live()

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """End one session; its next request is 401."""
        actor = actor_of(request)
        session = self.locked(self.visible(actor), pk)
        services.end_sessions(actor, [session], reason="revoked")
        return gone()


class UserList(ListView[Membership]):
    serializer_class = UserSerializer
    area = "users"
    filters: ClassVar[Any] = {"role": by_choice("role", Membership.Role.values)}
    search = ("user__email", "user__first_name", "user__last_name")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Membership]:
        """The people of the organization; a contact sees himself."""
        return Membership.objects.visible_to(actor)


class Me(ReadView[Membership]):
    serializer_class = UserSerializer
    area = "users"

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Membership]:
        """The person's own membership."""
        return Membership.objects.visible_to(actor).filter(user_id=actor.user_id)

    @extend_schema(responses={200: UserSerializer})
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the signed-in person."""
        return self._read(request, **kwargs)

    def read(self, request: Any, actor: Actor, **kwargs: Any) -> Any:
        """Return the person's own row."""
        return self.read_one(request, self.visible(actor))

    @extend_schema(request=ProfileSerializer, responses={200: UserSerializer})
    def patch(self, request: Request) -> Response:
        """Change the own profile."""
        actor = actor_of(request)
        membership = self.visible(actor).select_related("user").first()
        if membership is None:
            raise NotFound
        services.change_profile(
            actor, membership.user, **self.body(ProfileSerializer, partial=True)
        )
        return self.shown_to(actor, membership.id)


class PasswordDetail(ApiView[Membership]):
    atomic = False

    @extend_schema(request=PasswordChangeSerializer, responses={200: None})
    def put(self, request: Request) -> Response:
        """Change the own password; all other devices are signed out."""
        services.change_password(actor_of(request), **self.body(PasswordChangeSerializer))
        return gone()
