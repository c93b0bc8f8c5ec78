"""Send a browser to its provider: the row of the sign-in, its cookie, the address (P14, P15)."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from apps.accounts.errors import InvalidDestination
from apps.accounts.links import link_text
from apps.accounts.models import SignOn
from apps.accounts.providers import oidc, saml
from apps.accounts.services.sign_on import protocols
from apps.accounts.services.sign_on.entries import OAUTH, PAGES, SAML, Entry, entry_of
from apps.core import clock
from apps.core.ids import uuid7
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization

LIFETIME = timedelta(minutes=10)
KEPT = timedelta(days=1)
STATE, NONCE, VERIFIER, BROWSER = (
    "sign_on_state", "sign_on_nonce", "sign_on_verifier", "sign_on_browser",
)  # fmt: skip
# A place of our own client behind `#`, and nothing that a browser could read as an address.
DESTINATION = re.compile(r"/[A-Za-z0-9_-]*(/[A-Za-z0-9_-]*)?(\?[A-Za-z0-9_=&.-]*)?")


@dataclass(frozen=True, slots=True)
class Started:
    """Where the browser goes, and the cookie by which it is known when it comes back."""

    authorization_url: str
    cookie: str
    value: str
    is_posted_back: bool


def start_sign_on(
    organization: Organization, name: str, *, base_url: str, destination: str = "", email: str = ""
) -> Started:
    """Begin a sign-in. `base_url` is ours, without a slash at its end.

    Raises NotFound, InvalidDestination, ProviderFailed, ProviderTimedOut.
    """
    entry = entry_of(organization, name, PAGES)
    if destination and not DESTINATION.fullmatch(destination):
        raise InvalidDestination
    row = SignOn(
        id=uuid7(), organization=organization, provider=entry.name, destination=destination,
        redirect_uri=place_of(organization, entry, base_url),
        expires_at=clock.now() + LIFETIME,
    )  # fmt: skip
    with protocols.refusals(organization, entry):
        url = (
            _to_oidc(organization, entry, row, email)
            if entry.kind == OAUTH
            else _to_saml(entry, row)
        )
    with organization_scope(organization.id):
        SignOn.objects.filter(organization=organization, expires_at__lt=clock.now() - KEPT).delete()
        row.save(force_insert=True)
    is_posted = entry.kind == SAML
    return Started(url, cookie_of(row), link_text(row.id, BROWSER), is_posted)


def our_metadata(organization: Organization, name: str, *, base_url: str) -> bytes:
    """Return our SAML metadata for a provider. Raises NotFound."""
    entry = entry_of(organization, name, (SAML,))
    place = place_of(organization, entry, base_url)
    return saml.metadata_of(protocols.saml_service(entry, place))


def place_of(organization: Organization, entry: Entry, base_url: str) -> str:
    """Return where a provider sends its people back to. Each has a place of its own."""
    page = "callback" if entry.kind == OAUTH else "acs"
    return f"{base_url}/sso/{organization.slug}/{entry.name}/{page}"


def cookie_of(row: SignOn) -> str:
    """Return the name of a sign-in's cookie; two tabs have one each."""
    return f"{settings.SIGN_ON_COOKIE}{row.id.hex}"


def _to_oidc(organization: Organization, entry: Entry, row: SignOn, email: str) -> str:
    return oidc.authorization_url(
        protocols.caller(),
        protocols.oidc_client(organization, entry, row.redirect_uri),
        state=link_text(row.id, STATE),
        nonce=link_text(row.id, NONCE),
        verifier=link_text(row.id, VERIFIER),
        login_hint=email,
    )


def _to_saml(entry: Entry, row: SignOn) -> str:
    issuer = protocols.saml_issuer(protocols.caller(), entry)
    service = protocols.saml_service(entry, row.redirect_uri)
    url, row.request_id = saml.request_to(issuer, service, link_text(row.id, STATE))
    return url
