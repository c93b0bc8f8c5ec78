"""From a provider's entry to what its protocol takes; and from its failures to our refusals."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from apps.accounts.errors import ProviderFailed, ProviderTimedOut, SignOnRefused
from apps.accounts.models import SignInAttempt
from apps.accounts.providers import Caller, ProofRefused, ProviderAway, oidc, saml, statements
from apps.accounts.services.sign_on.entries import Entry
from apps.accounts.services.sign_on.secrets import secret_behind
from apps.core.actors import Actor
from apps.core.context import current
from apps.core.logs import log
from apps.core.memory import Memory
from apps.core.outgoing.http import GuardedClient
from apps.core.tenancy import organization_scope
from apps.events.outbox import publish
from apps.organizations.models import Organization

METADATA_SECONDS = 3600
_metadata: Memory[str, tuple[float, saml.Issuer]] = Memory(200)


def caller() -> Caller:
    """Return who makes the calls of one sign-in; its time starts now."""
    return Caller(GuardedClient(settings.WEBHOOK_ALLOW))


def oidc_client(organization: Organization, entry: Entry, redirect_uri: str) -> oidc.OidcClient:
    """Return who we are at an OpenID Connect provider. Raises ProviderAway."""
    scopes = entry.settings.get("scopes") or ["openid", "email", "profile"]
    return oidc.OidcClient(
        issuer=entry.text("issuer"),
        client_id=entry.text("client_id"),
        secret=secret_behind(organization.id, entry.settings.get("client_secret")),
        scopes=tuple(dict.fromkeys(["openid", *map(str, scopes)])),
        redirect_uri=redirect_uri,
    )


def saml_issuer(calls: Caller, entry: Entry) -> saml.Issuer:
    """Return a SAML provider, from metadata or as the entry itself says. Raises ProviderAway.

    Fetched metadata is remembered for an hour.
    """
    inline, url = entry.text("metadata_xml"), entry.text("metadata_url")
    if inline:
        return saml.issuer_of(inline.encode())
    if not url:
        certificates = (entry.text("certificate"),)
        return saml.Issuer(entry.text("idp_entity_id"), entry.text("sso_url"), certificates)
    fetched, known = _metadata.get(url) or (0.0, None)
    if known is not None and 0 <= time.time() - fetched < METADATA_SECONDS:
        return known
    found = saml.issuer_of(calls.fetch(url))
    _metadata.put(url, (time.time(), found))
    return found


def forget_metadata(entry: Entry) -> None:
    """Fetch a provider's metadata again the next time: it may sign with a new key."""
    _metadata.forget(entry.text("metadata_url"))


def saml_service(entry: Entry, acs: str) -> saml.Service:
    """Return who we are at a SAML provider; our name there is where its answers come in."""
    names = entry.settings.get("attribute_map") or {}
    return saml.Service(
        entity_id=entry.text("entity_id") or acs,
        acs=acs,
        attribute_map={str(field): str(name) for field, name in names.items()},
    )


def speaker(organization: Organization, entry: Entry) -> statements.Speaker:
    """Return the system whose statements an entry trusts. Raises ProviderAway."""
    algorithm = entry.text("algorithm", "RS256")
    secret = ""
    if algorithm == statements.SHARED:
        secret = secret_behind(organization.id, entry.settings.get("shared_secret"))
        if len(secret.encode()) < statements.SECRET_BYTES:
            raise ProviderAway("the shared secret is shorter than 32 bytes")
    elif algorithm not in statements.ALGORITHMS or not entry.text("jwks_url"):
        raise ProviderAway("the algorithm or the key set is missing")
    names = entry.settings.get("claim_map") or {}
    return statements.Speaker(
        system=entry.text("issuer") or f"custom:{entry.name}",
        algorithm=algorithm,
        audience=entry.text("audience"),
        issuer=entry.text("issuer") or None,
        jwks_url=entry.text("jwks_url"),
        secret=secret,
        claim_map={str(field): str(name) for field, name in names.items()},
    )


@contextmanager
def refusals(organization: Organization, entry: Entry) -> Iterator[None]:
    """Turn what a provider's protocol raises into our refusals; a wrong proof is an event.

    To be used outside of transactions. Raises SignOnRefused, ProviderFailed, ProviderTimedOut.
    """
    try:
        yield
    except ProofRefused as error:
        told = {"provider": entry.name, "reason": error.reason, "note": error.note[:300]}
        log.warning("sign-on refused", extra=told)
        record_failure(organization, entry, error.reason)
        raise SignOnRefused(error.reason) from error
    except ProviderAway as error:
        log.warning("provider away", extra={"provider": entry.name, "note": error.note[:300]})
        raise (ProviderTimedOut if error.timed_out else ProviderFailed) from error


def record_failure(organization: Organization, entry: Entry, reason: str) -> None:
    """Record that a sign-in with a provider was refused, for the audit."""
    with organization_scope(organization.id):
        attempt = SignInAttempt.objects.create(
            organization_id=organization.id, user=None, email="", address=current().address[:45]
        )
        publish(
            Actor.system(organization.id), "user.sign_in_failed", attempt, audience="system",
            id=None, email="", address=attempt.address, reason=f"{entry.name}: {reason}",
        )  # fmt: skip
