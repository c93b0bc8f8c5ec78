"""An organization's colours and logo for the pages of its host (P115, R139)."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from apps.core.errors import DomainError
from apps.core.tenancy import enter_organization
from apps.files.downloads import content_response
from apps.files.models import File
from apps.files.services import storage
from apps.organizations.document.colours import Palette, palette
from apps.organizations.models import Organization
from apps.organizations.services import organization_of_host

LOGO_TYPES = frozenset(("image/png", "image/jpeg", "image/webp", "image/gif"))
CSS = """:root {{
  --accent-soft: light-dark({0.soft}, {0.dark_soft});
  --accent-line: light-dark({0.line}, {0.dark_line});
  --accent-solid: light-dark({0.solid}, {0.dark_solid});
  --accent-on: light-dark({0.on_solid}, {0.dark_on_solid});
  --accent-text: light-dark({0.text}, {0.dark_text});
}}
"""


def shades_of(organization: Organization | None) -> Palette | None:
    """Return the shades of an organization's colours; None when it has chosen none."""
    if organization is None:
        return None
    return palette(organization.setting("branding").get("colors", {}))


def brand_of(organization: Organization | None) -> dict[str, str]:
    """Return what the pages' template needs: a tag of the stylesheet, the logo's address."""
    shades = shades_of(organization)
    text = CSS.format(shades) if shades else ""
    has_logo = organization and organization.setting("branding").get("logo_file_id")
    return {
        "brand_tag": hashlib.sha256(text.encode()).hexdigest()[:12] if text else "",
        "brand_logo": "/branding/logo" if has_logo else "",
    }


@require_safe
def stylesheet(request: HttpRequest) -> HttpResponse:
    """The five accent tokens; an address with a tag never changes its content."""
    shades = shades_of(organization_of_host(request.get_host()))
    text = CSS.format(shades) if shades else ""
    response = HttpResponse(text, content_type="text/css; charset=utf-8")
    kept = "public, max-age=31536000, immutable" if "v" in request.GET else "no-cache"
    response["Cache-Control"] = kept
    return response


@require_safe
def logo(request: HttpRequest) -> HttpResponseBase:
    """The logo: a clean image of a type that holds no script, and no file of a client."""
    organization = organization_of_host(request.get_host())
    file_id = organization.setting("branding").get("logo_file_id") if organization else None
    if organization is None or not file_id:
        raise Http404
    enter_organization(organization.id)
    rows = File.objects.filter(
        organization=organization, id=file_id, client=None, project=None, deleted_at=None
    )
    file = rows.select_related("current").first()
    version = file.current if file else None
    if version is None or version.content_type not in LOGO_TYPES:
        raise Http404
    try:
        response = content_response(request, version, storage(), "inline")
    except DomainError as error:
        raise Http404 from error
    response["Cache-Control"] = "public, max-age=300"
    return response
