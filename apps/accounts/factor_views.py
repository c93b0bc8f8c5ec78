"""Second factors, passkeys, recovery codes and proofs under `/auth/`."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.factor_serializers import (
    AddedFactorSerializer,
    AssertionSerializer,
    ChallengeSerializer,
    CodeSerializer,
    EnrolledSerializer,
    EnrolmentSerializer,
    FactorNameSerializer,
    FactorSerializer,
    FirstCodeSerializer,
    MfaTokenSerializer,
    NewPasskeySerializer,
    ProofSerializer,
    ProvedSerializer,
    RecoveryCodesLeftSerializer,
    RecoveryCodesSerializer,
    SecondFactorSerializer,
)
from apps.accounts.models import Factor
from apps.accounts.passkeys import Place, place_of
from apps.accounts.serializers import TokenPairSerializer
from apps.accounts.views import PublicView
from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of, gone
from apps.core.lists import DetailView, ListView


def _place(request: Request) -> Place:
    return place_of(request.get_host(), is_secure=request.is_secure())


def _made(shape: type[Any], row: Any) -> Response:
    return Response(shape(row).data, status.HTTP_201_CREATED)


def _challenge(found: tuple[Any, dict[str, Any]]) -> Response:
    challenge, options = found
    return _made(ChallengeSerializer, {"challenge_id": challenge.id, "options": options})


class FactorList(ListView[Factor]):
    serializer_class = FactorSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Factor]:
        """The person's authenticator app and passkeys."""
        return Factor.objects.visible_to(actor)


class FactorDetail(DetailView[Factor]):
    serializer_class = FactorSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Factor]:
        """The person's authenticator app and passkeys."""
        return Factor.objects.visible_to(actor)

    @extend_schema(request=FactorNameSerializer, responses={200: FactorSerializer})
    def put(self, request: Request, pk: UUID) -> Response:
        """Name a factor: the name is all that can be changed."""
        actor = actor_of(request)
        factor = self.locked(self.visible(actor), pk)
        services.rename_factor(actor, factor, **self.body(FactorNameSerializer))
        return self.shown_to(actor, pk)

    @extend_schema(request=FactorNameSerializer, responses={200: FactorSerializer})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Name a factor."""
        return self.put(request, pk)

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a factor; asks for a recent proof."""
        actor = actor_of(request)
        services.remove_factor(actor, self.locked(self.visible(actor), pk))
        return gone()


class TotpList(ApiView[Factor]):
    @extend_schema(request=None, responses={201: EnrolmentSerializer})
    def post(self, request: Request) -> Response:
        """Begin to set up an authenticator app; asks for a recent proof."""
        return _made(EnrolmentSerializer, services.begin_totp(actor_of(request)))


class TotpConfirmationList(ApiView[Factor]):
    @extend_schema(request=CodeSerializer, responses={201: AddedFactorSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Give the app's first code: from now on it is asked at sign-in."""
        added = services.confirm_totp(actor_of(request), pk, self.body(CodeSerializer)["code"])
        return _made(AddedFactorSerializer, added)


class PasskeyRegistrationList(ApiView[Factor]):
    @extend_schema(request=None, responses={201: ChallengeSerializer})
    def post(self, request: Request) -> Response:
        """Begin to make a passkey; asks for a recent proof."""
        return _challenge(services.begin_passkey(actor_of(request), _place(request)))


class PasskeyList(ApiView[Factor]):
    @extend_schema(request=NewPasskeySerializer, responses={201: AddedFactorSerializer})
    def post(self, request: Request) -> Response:
        """Keep the passkey that the browser made."""
        body = self.body(NewPasskeySerializer)
        added = services.add_passkey(actor_of(request), _place(request), **body)
        return _made(AddedFactorSerializer, added)


class RecoveryCodeList(ApiView[Factor]):
    @extend_schema(responses={200: RecoveryCodesLeftSerializer})
    def get(self, request: Request) -> Response:
        """Count the recovery codes that are left."""
        left = services.recovery_codes_left(actor_of(request))
        return Response(RecoveryCodesLeftSerializer({"left": left}).data)

    @extend_schema(request=None, responses={201: RecoveryCodesSerializer})
    def post(self, request: Request) -> Response:
        """Make ten new recovery codes; the old ones are void. Asks for a recent proof."""
        codes = services.renew_recovery_codes(actor_of(request))
        return _made(RecoveryCodesSerializer, {"recovery_codes": codes})


class ProofList(ApiView[Any]):
    atomic = False  # a failure stays counted, and hashing comes before the transaction

    @extend_schema(request=ProofSerializer, responses={201: ProvedSerializer})
    def post(self, request: Request) -> Response:
        """Prove once more who is there: what matters asks for it every ten minutes."""
        body = self.body(ProofSerializer)
        place = _place(request) if "passkey" in body else None
        until = services.give_proof(actor_of(request), place=place, **body)
        return _made(ProvedSerializer, {"proved_until": until})


class PasskeyChallengeList(PublicView):
    @extend_schema(request=None, responses={201: ChallengeSerializer})
    def post(self, request: Request) -> Response:
        """Make a challenge for a passkey: to sign in, as second factor, or as proof."""
        return _challenge(services.begin_passkey_use(_place(request)))


class PasskeySignInList(PublicView):
    @extend_schema(request=AssertionSerializer, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        """Sign in with a passkey alone."""
        body = self.body(AssertionSerializer)
        pair = services.sign_in_with_passkey(place=_place(request), **body)
        return Response(TokenPairSerializer(pair).data)


class SecondFactorList(PublicView):
    @extend_schema(request=SecondFactorSerializer, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        """Finish a sign-in that was answered with MFA_REQUIRED."""
        body = self.body(SecondFactorSerializer)
        place = _place(request) if "passkey" in body else None
        pair = services.give_second_factor(place=place, **body)
        return Response(TokenPairSerializer(pair).data)


class EnrolmentList(PublicView):
    @extend_schema(request=MfaTokenSerializer, responses={201: EnrolmentSerializer})
    def post(self, request: Request) -> Response:
        """Begin to set up the app that a sign-in asks for."""
        token = self.body(MfaTokenSerializer)["mfa_token"]
        return _made(EnrolmentSerializer, services.begin_enrolment(token))


class EnrolmentConfirmationList(PublicView):
    @extend_schema(request=FirstCodeSerializer, responses={200: EnrolledSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Give the app's first code: the sign-in is finished."""
        body = self.body(FirstCodeSerializer)
        enrolled = services.finish_enrolment(body["mfa_token"], pk, body["code"])
        pair = TokenPairSerializer(enrolled.pair).data
        return Response({**pair, "recovery_codes": enrolled.recovery_codes})
