"""What tests of single sign-on share: providers in the settings, and a browser's round trip."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from django.test import Client as Browser
from lxml import html

from apps.accounts.models import Membership
from apps.accounts.sending_on import COOKIE
from apps.core.actors import NOBODY, OWNER, Actor
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from apps.organizations.services import put_secret
from simulators.oidc import OidcSimulator
from simulators.saml import SamlSimulator
from tests.conftest import Api, api

Form = dict[str, str]


def with_providers(organization: Organization, *entries: Any, **security: Any) -> None:
    """Write providers, and perhaps rules of security, into the settings document."""
    organization.settings["apis"]["authProviders"] = list(entries)
    organization.settings["security"] |= security
    organization.save(update_fields=["settings"])


def oauth_entry(simulator: OidcSimulator, **more: Any) -> dict[str, Any]:
    return {
        "name": "company", "type": "oauth", "issuer": simulator.issuer,
        "client_id": simulator.client_id, "client_secret": {"secret_ref": "oidc"},
        "domains": ["client.example"],
    } | more  # fmt: skip


def saml_entry(simulator: SamlSimulator, **more: Any) -> dict[str, Any]:
    return {
        "name": "corp", "type": "saml", "metadata_url": f"{simulator.url}/metadata",
        "attribute_map": {"email": "mail", "first_name": "givenName", "last_name": "sn"},
        "domains": ["corp.example"],
    } | more  # fmt: skip


def keep_secret(organization: Organization, name: str, value: str) -> None:
    """Store a secret as the organization's owner would."""
    owner = Actor(NOBODY, organization.id, OWNER)
    with organization_scope(organization.id):
        put_secret(owner, name, value)


def start(browser: Api, provider: str, **body: Any) -> Any:
    return browser.post(f"/api/v1/auth/sso/{provider}/starts", body)


def came_back(browser: Browser, url: str) -> Any:
    """Follow a redirect of the provider into the portal."""
    place = urlsplit(url)
    return browser.get(f"{place.path}?{place.query}")


def at_provider(answer: Any) -> str:
    """Go where a start points; return where the provider sends the browser."""
    url = answer.json()["data"]["authorization_url"]
    return httpx.get(url, follow_redirects=False).headers["location"]


def sign_on(organization: Organization, provider: str = "company", **body: Any) -> Any:
    """Go the whole way with OpenID Connect and return the answer of the callback."""
    browser = api(None)
    begun = start(browser, provider, organization=organization.slug, **body)
    assert begun.status_code == 200, begun.json()
    return came_back(browser, at_provider(begun))


def saml_form(answer: Any) -> tuple[str, Form]:
    """Return where the provider's page posts, and its fields."""
    page = httpx.get(answer.json()["data"]["authorization_url"])
    form = html.fromstring(page.text).forms[0]
    return urlsplit(form.action).path, {n: v for n, v in form.form_values() if n and v is not None}


def post_form(browser: Any, path: str, form: Form) -> Any:
    kind = "application/x-www-form-urlencoded"
    return browser.generic("POST", path, urlencode(form), content_type=kind)


def saml_sign_on(organization: Organization, provider: str = "corp", **body: Any) -> Any:
    """Go the whole way with SAML and return the answer to the posted form."""
    browser = api(None)
    begun = start(browser, provider, organization=organization.slug, **body)
    assert begun.status_code == 200, begun.json()
    return post_form(browser, *saml_form(begun))


def handoff_of(answer: Any) -> str:
    """Return the code that a finished sign-on carries to the web client."""
    assert answer.status_code == 303, answer.content.decode()
    place: str = answer["Location"]
    assert place.startswith("/#/handoff/"), place
    return place.removeprefix("/#/handoff/").partition("?")[0]


def signed_in(answer: Any) -> dict[str, Any]:
    """Trade the code of a finished sign-on and return the pair with its person."""
    browser = api(None)
    browser.cookies[COOKIE] = answer.cookies[COOKIE].value
    traded = browser.post("/api/v1/auth/handoffs", {"code": handoff_of(answer)})
    assert traded.status_code == 200, traded.json()
    data: dict[str, Any] = traded.json()["data"]
    return data


def rule_of(page: Any) -> tuple[int, str, str]:
    """Return status, code and rule that a page of refusal shows."""
    shown = html.fromstring(page.content.decode()).xpath("//dd[@class='mono']/text()")
    code, _, rule = str(shown[0]).partition(" ")
    return page.status_code, code, rule


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def member(data: dict[str, Any]) -> Membership:
    rows = Membership.objects.select_related("user", "organization")
    return rows.get(user_id=data["user"]["id"])
