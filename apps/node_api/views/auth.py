"""Signing in on the old face: `/api/auth/*`."""

from django.db.models import Max
from django.http import HttpResponse

from apps.accounts import services
from apps.accounts.devices import COOKIE, keep_device
from apps.accounts.errors import EmailTaken, TokenExpired, TokenInvalid, TokenReused
from apps.accounts.models import Membership, Session
from apps.core.actors import NOBODY, Actor
from apps.core.errors import NotFound
from apps.core.tenancy import organization_scope
from apps.node_api.answers import answer
from apps.node_api.api import NodeView
from apps.node_api.errors import Said
from apps.node_api.registration import registered
from apps.node_api.shapes.auth import (
    LoginForm,
    RegisterForm,
    TokenForm,
    me_body,
    tokens_body,
    user_body,
)
from apps.organizations.services import organization_of_host


class PublicView(NodeView):
    """A route without a token; the services open their own transactions."""

    public = True
    atomic = False
    thing = "User"


class Login(PublicView):
    def post(self) -> HttpResponse:
        """Sign in; `token` repeats `accessToken`."""
        device = self.request.COOKIES.get(COOKIE, "")
        pair = services.sign_in(**self.body(LoginForm), face=Session.Face.NODE, device=device)
        tokens = tokens_body(pair)
        response = answer(
            {
                "message": "Login successful",
                "user": user_body(pair.membership.user, pair.membership.role),
                "token": tokens["accessToken"],
            }
            | tokens
        )
        keep_device(response, self.request, pair.session.user_id)
        return response


class Register(PublicView):
    def post(self) -> HttpResponse:
        """Make a client account with its client company, and sign it in."""
        form = self.body(RegisterForm)
        organization = organization_of_host(self.request.get_host())
        if organization is None:
            raise NotFound
        try:
            membership = registered(organization, **form)
        except EmailTaken as error:
            raise Said(409, "User already exists with this email") from error
        with organization_scope(organization.id):
            pair = services.open_session(membership, face=Session.Face.NODE)
        return answer(
            {
                "message": "User registered successfully",
                "user": user_body(membership.user, membership.role),
            }
            | tokens_body(pair),
            status=201,
        )


class Me(NodeView):
    thing = "User"

    def get(self, actor: Actor) -> HttpResponse:
        """Show the person of the token."""
        memberships = Membership.objects.visible_to(actor).select_related("user")
        membership = self.one(memberships, user_id=actor.user_id)
        sessions = Session.objects.visible_to(actor)
        latest = sessions.aggregate(latest=Max("created_at"))["latest"]
        return answer({"user": me_body(membership, latest)})


class Verify(NodeView):
    """200 for an admin's token, and 401 for everything else: the page reads the status only."""

    def get(self, actor: Actor) -> HttpResponse:
        """Confirm the token of a person of the studio."""
        if actor.is_client:
            raise TokenInvalid
        return answer({"message": "Token is valid", "valid": True})


class Refresh(PublicView):
    def post(self) -> HttpResponse:
        """Trade the refresh token for a new pair; another tab gets the same for 20 minutes."""
        token = self.body(TokenForm).get("refreshToken")
        if token is None:
            raise Said(401, "Refresh token required")
        try:
            pair = services.refresh(token)
        except (TokenExpired, TokenInvalid, TokenReused) as error:
            raise Said(403, "Invalid or expired refresh token") from error
        return answer(tokens_body(pair))


class Logout(NodeView):
    def post(self, actor: Actor) -> HttpResponse:
        """End the session of the access token; the body is not needed."""
        sessions = Session.objects.visible_to(actor).filter(id=actor.session_id or NOBODY)
        services.end_sessions(actor, list(sessions), reason="logout")
        return answer({"message": "Logged out successfully"})
