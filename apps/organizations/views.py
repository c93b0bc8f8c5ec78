"""The settings document, its versions, secrets and domains; and the public face of a studio."""

from typing import Any, ClassVar, TypeVar
from uuid import UUID

import orjson
from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of, gone
from apps.core.envelope import dumps, success_bytes
from apps.core.errors import NotFound
from apps.core.filters import by_text
from apps.core.lists import DetailView, ListView, ReadView, conditional, single_values
from apps.core.rights import require
from apps.core.rows import etag_of
from apps.organizations import services
from apps.organizations.document.schema import document_schema
from apps.organizations.errors import ConditionMissing
from apps.organizations.models import ConfigVersion, Domain, Organization, OrganizationSecret
from apps.organizations.providers import Dns
from apps.organizations.serializers import (
    BootstrapSerializer,
    ConfigDifferenceSerializer,
    ConfigOutcomeSerializer,
    ConfigRollbackSerializer,
    ConfigVersionDetailSerializer,
    ConfigVersionSerializer,
    DomainClaimSerializer,
    DomainNameSerializer,
    DomainSerializer,
    SecretNameSerializer,
    SecretValueSerializer,
    StoredSecretSerializer,
)

M = TypeVar("M", bound=Model)
DOCUMENT = OpenApiTypes.OBJECT


class Area(ApiView[M]):
    """Owner and admin only (C18): 403 before anything is looked up."""

    def check_access(self, actor: Actor) -> None:
        """Refuse a role that has nothing to do with settings; raises PermissionDenied."""
        require(actor, "organization.read")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the role after the credential, as reads do; an unknown method stays 405."""
        super().initial(request, *args, **kwargs)
        if hasattr(self, str(request.method).lower()):
            self.check_access(actor_of(request))

    def expected(self) -> set[int] | None:
        """Return the numbers that `If-Match` names; None without a condition."""
        header = self.request.headers.get("If-Match", "*")
        if header == "*":
            return None
        tags = (tag.strip().removeprefix("W/").strip('"') for tag in header.split(","))
        numbers = (tag.partition("-")[0].removeprefix("v") for tag in tags)
        return {int(number) for number in numbers if number.isascii() and number.isdigit()}


class Config(Area[Organization], ReadView[Organization]):
    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Organization]:
        """The own organization."""
        return Organization.objects.visible_to(actor)

    @extend_schema(responses={200: DOCUMENT})
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the settings document with every key; its ETag is for If-Match."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the document."""
        single_values(request)
        found = services.configuration_of(self.visible(actor).get())
        body = dumps(found.document)
        return conditional(request, body, lambda: success_bytes(body), tag_of(found))

    @extend_schema(request=DOCUMENT, responses={200: ConfigOutcomeSerializer})
    def put(self, request: Request) -> Response:
        """Replace the document. `If-Match` is required: editors must not undo each other."""
        if "If-Match" not in request.headers:
            raise ConditionMissing
        done = services.replace_document(actor_of(request), request.data, expected=self.expected())
        return outcome(done)

    @extend_schema(request=DOCUMENT, responses={200: ConfigOutcomeSerializer})
    def patch(self, request: Request) -> Response:
        """Change parts of the document: a JSON Merge Patch; null puts a default back."""
        done = services.patch_document(actor_of(request), request.data, expected=self.expected())
        return outcome(done)


def outcome(done: services.Configuration) -> Response:
    """Return what a change did, with the ETag that the next one has to name."""
    shown = {
        "number": done.number,
        "changes": [change.shown() for change in done.changes],
        "notices": list(done.notices),
        "document": done.document,
    }
    return Response(shown, headers={"ETag": tag_of(done)})


def tag_of(found: services.Configuration) -> str:
    """Return the ETag of a document, whatever the order of its keys."""
    return etag_of(orjson.dumps(found.document, option=orjson.OPT_SORT_KEYS), str(found.number))


class ConfigSchema(Area[Organization], ReadView[Organization]):
    @extend_schema(responses={200: DOCUMENT})
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the JSON Schema (2020-12) of the document."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the schema; it is the same for everybody."""
        body = dumps(document_schema())
        return conditional(request, body, lambda: success_bytes(body))


class ConfigCheck(Area[Organization]):
    @extend_schema(request=DOCUMENT, responses={200: ConfigOutcomeSerializer})
    def post(self, request: Request) -> Response:
        """Check a document without saving it; the answer says what would change."""
        return outcome(services.check_document(actor_of(request), request.data))


class RollbackList(Area[ConfigVersion]):
    @extend_schema(request=ConfigRollbackSerializer, responses={201: ConfigOutcomeSerializer})
    def post(self, request: Request) -> Response:
        """Make an earlier version the present one; the last change is undone by the one before."""
        done = services.roll_back(actor_of(request), self.body(ConfigRollbackSerializer)["version"])
        response = outcome(done)
        response.status_code = status.HTTP_201_CREATED
        return response


class VersionArea(Area[ConfigVersion]):
    def visible(self, actor: Actor, **parents: Any) -> QuerySet[ConfigVersion]:
        """The versions of the own organization's settings."""
        return ConfigVersion.objects.visible_to(actor)


class VersionList(VersionArea, ListView[ConfigVersion]):
    serializer_class = ConfigVersionSerializer
    sorts: ClassVar[dict[str, Any]] = {"created_at": "created_at", "number": "number"}
    default_sort = "-number"


class VersionDetail(VersionArea, ReadView[ConfigVersion]):
    serializer_class = ConfigVersionDetailSerializer

    @extend_schema(responses={200: ConfigVersionDetailSerializer})
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a version with its document."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the version of a number."""
        return self.read_one(request, self.visible(actor).filter(number=_column(kwargs["number"])))


class VersionDifference(VersionArea, ReadView[ConfigVersion]):
    @extend_schema(responses={200: ConfigDifferenceSerializer})
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what must happen to version `other` to become version `number`."""
        return self._read(request, **kwargs)

    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the changes between two versions."""
        numbers = [_column(kwargs["number"]), _column(kwargs["other"])]
        documents = services.documents_of(self.visible(actor), numbers)
        number, other = numbers
        changes = services.difference(documents[other], documents[number])
        body = dumps({"number": number, "compared_with": other, "changes": changes})
        return conditional(request, body, lambda: success_bytes(body))


def _column(number: int) -> int:
    """Return a number that fits its column; raises NotFound."""
    if number > 2**31 - 1:
        raise NotFound
    return number


# -- secrets --------------------------------------------------------------------------------


class SecretList(Area[OrganizationSecret], ListView[OrganizationSecret]):
    serializer_class = StoredSecretSerializer
    filters: ClassVar[dict[str, Any]] = {"name": by_text("name")}
    sorts: ClassVar[dict[str, Any]] = {"created_at": "created_at", "name": "name"}

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[OrganizationSecret]:
        """The names of the own organization's secrets; never their values."""
        return OrganizationSecret.objects.visible_to(actor)


class SecretDetail(Area[OrganizationSecret]):
    @extend_schema(request=SecretValueSerializer, responses={200: StoredSecretSerializer})
    def put(self, request: Request, name: str) -> Response:
        """Store a secret under a name that the document may refer to."""
        known = SecretNameSerializer(data={"name": name})
        known.is_valid(raise_exception=True)
        row = services.put_secret(
            actor_of(request), name, self.body(SecretValueSerializer)["value"]
        )
        return Response(StoredSecretSerializer(row).data)

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, name: str) -> Response:
        """Remove a secret that the document does not refer to."""
        services.remove_secret(actor_of(request), name)
        return gone()


# -- domains --------------------------------------------------------------------------------


class DomainArea(Area[Domain]):
    serializer_class = DomainSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Domain]:
        """The own organization's claims."""
        return Domain.objects.visible_to(actor)


class DomainList(DomainArea, ListView[Domain]):
    @extend_schema(request=DomainNameSerializer, responses={201: DomainClaimSerializer})
    def post(self, request: Request) -> Response:
        """Claim a host name; the answer names the text record that proves it."""
        domain = services.claim_domain(actor_of(request), self.body(DomainNameSerializer)["domain"])
        place = {"Location": f"{request.path.rstrip('/')}/{domain.id}"}
        return Response(claim(domain), status.HTTP_201_CREATED, headers=place)


class DomainDetail(DomainArea, DetailView[Domain]):
    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Give a host name up; requests for it are refused within seconds."""
        services.give_up_domain(actor_of(request), pk)
        return gone()


class VerificationList(DomainArea):
    atomic = False

    @extend_schema(request=None, responses={200: DomainClaimSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Look for the text record now; once it was seen, the host name is served."""
        names = Dns(settings.DNS_SERVERS)
        return Response(claim(services.check_domain(actor_of(request), pk, names)))


def claim(domain: Domain) -> dict[str, Any]:
    """Return a claim with the record that proves it."""
    shown = {
        "id": domain.id,
        "domain": domain.name,
        "verified_at": domain.verified_at,
        "record": {
            "name": services.record_name(domain),
            "type": "TXT",
            "value": services.record_value(domain),
        },
    }
    return dict(DomainClaimSerializer(shown).data)


# -- what anybody may know ------------------------------------------------------------------


class Bootstrap(ApiView[Organization]):
    """Public; a signed-in person gets his own organization, else the host's."""

    permission_classes: Any = []
    public = True

    @extend_schema(responses={200: BootstrapSerializer})
    def get(self, request: Request) -> Response:
        """Show name, colours, language and the optional parts that are switched on."""
        organization_id = getattr(request.user, "organization_id", None)
        if organization_id is None:
            organization = services.organization_of_host(request.get_host())
        else:
            organization = Organization.objects.visible_to(actor_of(request)).first()
        if organization is None:
            raise NotFound
        return Response(services.public_face(organization))
