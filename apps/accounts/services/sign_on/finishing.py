"""A browser comes back from its provider: it is recognised, the proof is checked, somebody enters.

Three steps, so that no transaction is open while a provider is asked: the row is claimed (of two
callbacks at once one wins), the proof is checked, the person is found or made.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from apps.accounts.errors import SignOnGone, SignOnRefused, TokenInvalid
from apps.accounts.links import link_text, read_link
from apps.accounts.models import Membership, SignOn
from apps.accounts.providers import Identity, ProofRefused, oidc, saml
from apps.accounts.services.sign_on import protocols
from apps.accounts.services.sign_on.arriving import arrive
from apps.accounts.services.sign_on.entries import OAUTH, SAML, Entry, entry_of
from apps.accounts.services.sign_on.spending import spend
from apps.accounts.services.sign_on.starting import BROWSER, NONCE, STATE, VERIFIER, cookie_of
from apps.core import clock
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Finished:
    """Who came, how, where he wanted to go, and the cookie that his browser may forget."""

    membership: Membership
    method: str
    destination: str
    cookie: str


def finish_oauth(organization: Organization, name: str, query: Texts, cookies: Texts) -> Finished:
    """End a sign-in with OpenID Connect. Raises NotFound and the refusals of sign-on."""
    entry = entry_of(organization, name, (OAUTH,))
    row = _claim(organization, entry, query.get("state", ""), cookies)
    back = oidc.Return(query, link_text(row.id, NONCE), link_text(row.id, VERIFIER))
    with protocols.refusals(organization, entry):
        client = protocols.oidc_client(organization, entry, row.redirect_uri)
        identity = oidc.identity_of(protocols.caller(), client, back)
    return _enter(organization, entry, row, identity)


def finish_saml(organization: Organization, name: str, form: Texts, cookies: Texts) -> Finished:
    """End a sign-in with SAML. Raises NotFound and the refusals of sign-on."""
    entry = entry_of(organization, name, (SAML,))
    row = _claim(organization, entry, form.get("RelayState", ""), cookies)
    with protocols.refusals(organization, entry):
        assertion = _asserted(entry, row, form.get("SAMLResponse", ""))
        with organization_scope(organization.id):
            spend(organization, entry, assertion.number, assertion.ends)
    return _enter(organization, entry, row, assertion.identity)


def _claim(organization: Organization, entry: Entry, state: str, cookies: Texts) -> SignOn:
    """Return the row of a sign-in, marked as used: it is good once, for its browser alone.

    Raises SignOnRefused for a state that is not of this browser and provider, SignOnGone.
    """
    try:
        row_id = read_link(state, STATE)
    except TokenInvalid as error:
        raise SignOnRefused("state") from error
    with organization_scope(organization.id):
        rows = SignOn.objects.filter(organization=organization, provider=entry.name, id=row_id)
        row = rows.first()
        if row is None:
            raise SignOnRefused("state")
        shown, due = cookies.get(cookie_of(row), ""), link_text(row.id, BROWSER)
        if not hmac.compare_digest(shown.encode(), due.encode()):
            raise SignOnRefused("browser")
        now = clock.now()
        if not rows.filter(used_at__isnull=True, expires_at__gt=now).update(used_at=now):
            raise SignOnGone
    return row


def _asserted(entry: Entry, row: SignOn, text: str) -> saml.Assertion:
    """Return a checked assertion; a signature that does not fit tries fresh metadata once."""
    calls = protocols.caller()
    service = protocols.saml_service(entry, row.redirect_uri)
    issuer = protocols.saml_issuer(calls, entry)
    try:
        return saml.assertion_of(issuer, service, text, row.request_id)
    except ProofRefused as error:
        if error.reason != "signature" or not entry.text("metadata_url"):
            raise
        protocols.forget_metadata(entry)
        renewed = protocols.saml_issuer(calls, entry)
        if renewed == issuer:
            raise
        return saml.assertion_of(renewed, service, text, row.request_id)


def _enter(organization: Organization, entry: Entry, row: SignOn, identity: Identity) -> Finished:
    with organization_scope(organization.id):
        membership = arrive(organization, entry, identity)
    return Finished(membership, entry.kind, row.destination, cookie_of(row))
