"""OpenID Connect: discovery, the code flow with PKCE, the check of an ID token.

OpenID Connect Core 1.0 (sections 3.1 and 5), Discovery 1.0, RFC 7636, RFC 9207, RFC 9700.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from apps.accounts.providers.calls import Caller
from apps.accounts.providers.identities import (
    Identity,
    ProofRefused,
    ProviderAway,
    address,
    exact,
    word,
)
from apps.accounts.providers.key_sets import KIND_OF, claims_of, key_for
from apps.core.memory import Memory
from apps.core.outgoing.http import Outcome

ALGORITHMS = tuple(KIND_OF)
FRESH_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class OidcClient:
    """Who we are at a provider. Without a secret we are a public client: PKCE stands alone."""

    issuer: str
    client_id: str
    secret: str
    scopes: tuple[str, ...]
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What a provider's discovery document says."""

    authorization: str
    token: str
    keys: str
    user: str
    posts_secret: bool
    names_issuer: bool
    fetched: float


@dataclass(frozen=True, slots=True)
class Return:
    """What the browser brought back, and the secrets that were made for this sign-in."""

    query: Mapping[str, str]
    nonce: str
    verifier: str


_known: Memory[str, Endpoints] = Memory(200)


def authorization_url(
    caller: Caller, client: OidcClient, *, state: str, nonce: str, verifier: str, login_hint: str
) -> str:
    """Return where the browser goes to sign in. Raises ProviderAway."""
    challenge = hashlib.sha256(verifier.encode()).digest()
    wanted = {
        "response_type": "code", "client_id": client.client_id,
        "redirect_uri": client.redirect_uri, "scope": " ".join(client.scopes), "state": state,
        "nonce": nonce, "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
    }  # fmt: skip
    if login_hint:
        wanted["login_hint"] = login_hint
    place = discovered(caller, client.issuer).authorization
    return f"{place}{'&' if '?' in place else '?'}{urlencode(wanted)}"


def identity_of(caller: Caller, client: OidcClient, back: Return) -> Identity:
    """Return the person behind a code. Raises ProofRefused, ProviderAway."""
    places = discovered(caller, client.issuer)
    _check_issuer(places, client, back.query)
    if back.query.get("error"):
        raise ProofRefused("declined", word(back.query["error"], 80))
    code = back.query.get("code", "")
    if not code:
        raise ProofRefused("code_missing")
    tokens = _redeem(caller, places, client, code=code, verifier=back.verifier)
    claims = _checked(caller, places, client, str(tokens.get("id_token", "")), back.nonce)
    if not claims.get("email") and places.user:
        claims = _with_profile(caller, places, claims, str(tokens.get("access_token", "")))
    return Identity(
        system=client.issuer,
        external_id=claims["sub"],
        email=address(claims.get("email")),
        is_email_verified=claims.get("email_verified") is True,
        first_name=word(claims.get("given_name"), 100),
        last_name=word(claims.get("family_name"), 100),
        claims=claims,
    )


def discovered(caller: Caller, issuer: str) -> Endpoints:
    """Return a provider's endpoints, remembered for an hour. Raises ProviderAway."""
    known = _known.get(issuer)
    if known is not None and 0 <= time.time() - known.fetched < FRESH_SECONDS:
        return known
    found = _read(
        caller.fetch_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration"), issuer
    )
    _known.put(issuer, found)
    return found


def _read(document: dict[str, Any], issuer: str) -> Endpoints:
    if document.get("issuer") != issuer:
        raise ProviderAway("the discovery document is of another issuer")
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Endpoints(
        authorization=_place(document, "authorization_endpoint", issuer),
        token=_place(document, "token_endpoint", issuer),
        keys=_place(document, "jwks_uri", issuer),
        user=_place(document, "userinfo_endpoint", issuer, required=False),
        posts_secret="client_secret_basic" not in methods,
        names_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        fetched=time.time(),
    )


def _place(document: dict[str, Any], name: str, issuer: str, *, required: bool = True) -> str:
    """Return an endpoint. Its scheme is the issuer's: a browser is sent there as it is."""
    url = document.get(name)
    if not isinstance(url, str) or not url:
        if required:
            raise ProviderAway(f"the discovery document has no {name}")
        return ""
    if urlsplit(url).scheme not in {"https", urlsplit(issuer).scheme}:
        raise ProviderAway(f"{name} has another scheme than its issuer")
    return url


def _check_issuer(places: Endpoints, client: OidcClient, query: Mapping[str, str]) -> None:
    """Refuse the answer of another provider (RFC 9207): codes must not be carried around."""
    named = query.get("iss")
    if named is None and not places.names_issuer:
        return
    if named != client.issuer:
        raise ProofRefused("issuer")


def _redeem(
    caller: Caller, places: Endpoints, client: OidcClient, *, code: str, verifier: str
) -> dict[str, Any]:
    fields = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri,
        "code_verifier": verifier,
    }  # fmt: skip
    headers: dict[str, str] = {}
    if client.secret and not places.posts_secret:
        pair = f"{quote(client.client_id, safe='')}:{quote(client.secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        fields["client_id"] = client.client_id
        if client.secret:
            fields["client_secret"] = client.secret
    answer = caller.post_form(places.token, fields, headers)
    if answer.status == 400 and answer.outcome == Outcome.PERMANENT:
        raise ProofRefused("code")  # RFC 6749, section 5.2: the grant, not the server, is at fault
    return caller.read(answer)


def _checked(
    caller: Caller, places: Endpoints, client: OidcClient, token: str, nonce: str
) -> dict[str, Any]:
    """Return the claims of an ID token (OpenID Connect Core, section 3.1.3.7)."""
    key = key_for(caller, places.keys, token, ALGORITHMS)
    claims = claims_of(
        token, key, audience=client.client_id, issuer=client.issuer,
        algorithms=ALGORITHMS, required=["iss", "sub", "nonce"],
    )  # fmt: skip
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client.client_id) != client.client_id:
        raise ProofRefused("audience")
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise ProofRefused("nonce")
    if not exact(claims["sub"]):
        raise ProofRefused("claim_missing")
    return claims


def _with_profile(
    caller: Caller, places: Endpoints, claims: dict[str, Any], access_token: str
) -> dict[str, Any]:
    """Return the claims with those of the user endpoint, which must be of the same person."""
    headers = {"Authorization": f"Bearer {word(access_token, 8000)}"}
    profile = caller.fetch_json(places.user, headers)
    if profile.get("sub") != claims["sub"]:
        raise ProofRefused("subject")
    return profile | claims
