"""Links in mails at the API: reset, sign-in, verification, change of e-mail (P08, P09, R22).

A GET changes nothing (R21). Who asks gets the same answer whether the address is known or not.
"""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.link_serializers import (
    EmailSerializer,
    LinkStateSerializer,
    NewPasswordSerializer,
)
from apps.accounts.models import Membership, OneTimeLink
from apps.accounts.serializers import TokenPairSerializer
from apps.accounts.views import PublicView
from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of, gone
from apps.core.errors import NotFound

ASKED = "If this address has an account, a mail is on its way."
RESET, MAGIC = OneTimeLink.Purpose.PASSWORD_RESET, OneTimeLink.Purpose.MAGIC_LINK


def accepted(message: str) -> Response:
    """Return 202 with words and no data."""
    response: Any = Response(None, status=202)
    response.portico = {"message": message}
    return response  # type: ignore[no-any-return]


class PasswordResetList(PublicView):
    @extend_schema(request=EmailSerializer, responses={202: None})
    def post(self, request: Request) -> Response:
        """Ask for a link that sets a new password."""
        services.request_link(self.body(EmailSerializer)["email"], RESET)
        return accepted(ASKED)


class PasswordResetDetail(PublicView):
    @extend_schema(responses={200: LinkStateSerializer})
    def get(self, request: Request, token: str) -> Response:
        """Tell whether the link is good; nothing is changed."""
        return Response(LinkStateSerializer(services.look_at_link(token, RESET)).data)

    @extend_schema(request=NewPasswordSerializer, responses={200: None})
    def post(self, request: Request, token: str) -> Response:
        """Set a new password; all sessions of the person end."""
        services.reset_password(token, **self.body(NewPasswordSerializer))
        return gone()


class MagicLinkList(PublicView):
    @extend_schema(request=EmailSerializer, responses={202: None})
    def post(self, request: Request) -> Response:
        """Ask for a link that signs in, good for 15 minutes."""
        services.request_link(self.body(EmailSerializer)["email"], MAGIC)
        return accepted(ASKED)


class MagicLinkDetail(PublicView):
    @extend_schema(request=None, responses={200: TokenPairSerializer})
    def post(self, request: Request, token: str) -> Response:
        """Sign in with a link, once."""
        return Response(TokenPairSerializer(services.sign_in_by_link(token)).data)


class OwnMembershipView(ApiView[Membership]):
    """Something that a signed-in person does with his own account."""

    def visible(self, actor: Actor, **parents: Any) -> QuerySet[Membership]:
        """The person's own membership."""
        rows = Membership.objects.visible_to(actor).filter(user_id=actor.user_id)
        return rows.select_related("user")

    def own(self, actor: Actor) -> Membership:
        """Return it; raises NotFound."""
        membership = self.visible(actor).first()
        if membership is None:
            raise NotFound
        return membership


class EmailVerificationList(OwnMembershipView):
    @extend_schema(request=None, responses={202: None})
    def post(self, request: Request) -> Response:
        """Send the person a link that confirms his address, unless it is confirmed."""
        actor = actor_of(request)
        services.request_verification(actor, self.own(actor))
        return accepted("If your address is not confirmed yet, a mail is on its way.")


class EmailVerificationDetail(PublicView):
    @extend_schema(request=None, responses={200: None})
    def post(self, request: Request, token: str) -> Response:
        """Confirm an address by its link."""
        services.verify_email(token)
        return gone()


class EmailChangeList(OwnMembershipView):
    @extend_schema(request=EmailSerializer, responses={202: None})
    def post(self, request: Request) -> Response:
        """Ask for another address; a mail goes to both, and both must confirm."""
        actor = actor_of(request)
        email = self.body(EmailSerializer)["email"]
        services.request_email_change(actor, self.own(actor), email)
        return accepted("A mail is on its way to both addresses. Confirm in both.")


class EmailChangeDetail(PublicView):
    @extend_schema(request=None, responses={200: None})
    def post(self, request: Request, token: str) -> Response:
        """Confirm a change of address for one of the two addresses."""
        services.confirm_email_change(token)
        return gone()


class EmailChangeRefusals(PublicView):
    @extend_schema(request=None, responses={200: None})
    def post(self, request: Request, token: str) -> Response:
        """Refuse a change of address."""
        services.refuse_email_change(token)
        return gone()
