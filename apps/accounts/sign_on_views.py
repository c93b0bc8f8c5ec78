"""The API side of single sign-on. Its pages, where providers send people back, are the portal's."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.serializers import TokenPairSerializer
from apps.accounts.sign_on_serializers import (
    DiscoverySerializer,
    ExchangeSerializer,
    OffersSerializer,
    StartedSerializer,
    StartSerializer,
)
from apps.accounts.views import PublicView
from apps.core.errors import NotFound
from apps.organizations.models import Organization
from apps.organizations.services import organization_of_host, organization_of_slug

COOKIE_SECONDS = 600
ORGANIZATION = OpenApiParameter(
    "organization", str, description="Its slug, where the host does not tell."
)


class ProviderDiscoveryList(PublicView):
    @extend_schema(request=DiscoverySerializer, responses={200: OffersSerializer})
    def post(self, request: Request) -> Response:
        """Which providers sign an address in. The answer depends on its domain alone."""
        asked = self.body(DiscoverySerializer)
        organization = tenant_of(request, asked.get("organization"))
        offers = services.offered_to(organization, asked["email"])
        return Response(OffersSerializer({"providers": offers}).data)


class SignOnStartList(PublicView):
    @extend_schema(request=StartSerializer, responses={200: StartedSerializer})
    def post(self, request: Request, provider: str) -> Response:
        """Begin a sign-in; the browser goes to `authorization_url` and is known by its cookie."""
        asked = self.body(StartSerializer)
        organization = tenant_of(request, asked.pop("organization", None))
        base = request.build_absolute_uri("/").rstrip("/")
        started = services.start_sign_on(organization, provider, base_url=base, **asked)
        response = Response(StartedSerializer(started).data)
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(
            started.cookie, started.value, max_age=COOKIE_SECONDS, path="/", secure=secure,
            httponly=True, samesite="None" if secure and started.is_posted_back else "Lax",
        )  # fmt: skip
        return response


class SamlMetadata(PublicView):
    @extend_schema(
        parameters=[ORGANIZATION],
        responses={(200, "application/samlmetadata+xml"): OpenApiTypes.STR},
    )
    def get(self, request: Request, provider: str) -> Any:
        """Our SAML metadata for a provider's administrator."""
        organization = tenant_of(request, request.query_params.get("organization"))
        base = request.build_absolute_uri("/").rstrip("/")
        metadata = services.our_metadata(organization, provider, base_url=base)
        return HttpResponse(metadata, content_type="application/samlmetadata+xml")


class Exchange(PublicView):
    @extend_schema(request=ExchangeSerializer, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        """Trade a signed statement of the client's own system for a token pair."""
        asked = self.body(ExchangeSerializer)
        organization = tenant_of(request, asked.get("organization"))
        pair = services.exchange_statement(organization, asked["provider"], asked["assertion"])
        return Response(TokenPairSerializer(pair).data)


def tenant_of(request: Request, slug: str | None) -> Organization:
    """Return the tenant that a request names, or that its host stands for. Raises NotFound."""
    found = organization_of_slug(slug) if slug else organization_of_host(request.get_host())
    if found is None:
        raise NotFound
    return found
