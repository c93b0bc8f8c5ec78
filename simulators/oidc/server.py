"""The provider's server. It signs in `person` at once, or asks with a form when there is none.

Switch a fault on with `simulator.fault = "expired"`, or by POST to /control from another process.
"""

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from simulators.oidc.keys import Key, key, signed_with_public_key, unsigned
from simulators.serving import Handler, Server

FAULTS = (
    "wrong_nonce", "wrong_audience", "wrong_issuer", "wrong_azp", "expired", "not_yet_valid",
    "alg_none", "hs256_public_key", "unknown_kid", "foreign_signature", "no_id_token", "no_nonce",
    "slow", "error_500", "not_json", "keys_500", "other_discovery", "other_subject",
    "script_endpoint",
)  # fmt: skip
FORM = """<h1>Simulated provider</h1><form method=post action="/authorize?{query}">
<label>E-mail <input name=email type=email value="{hint}"></label>
<button>Sign in</button></form>"""
LIFETIME = 300


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider says is there."""

    sub: str
    email: str = ""
    email_verified: bool = True
    given_name: str = ""
    family_name: str = ""
    groups: tuple[str, ...] = ()

    def claims(self) -> dict[str, Any]:
        """Return what is known of him."""
        return {name: value for name, value in asdict(self).items() if value not in ("", ())}


@dataclass(slots=True)
class Grant:
    """A code that waits to be traded."""

    asked: dict[str, str]
    person: Person
    is_used: bool = False


@dataclass(slots=True)
class Told:
    """What the portal said at the token endpoint, for tests to look at."""

    forms: list[dict[str, str]] = field(default_factory=list)
    key_requests: int = 0


class _Provider(Handler):
    """The routes."""

    def get(self) -> None:
        """Serve discovery, keys, the user endpoint and the page."""
        simulator: OidcSimulator = self.owner
        if self.place == "/.well-known/openid-configuration":
            return self.json(200, simulator.discovery())
        if self.place == "/keys":
            simulator.told.key_requests += 1
            if simulator.fault == "keys_500":
                return self.json(500, {})
            return self.json(200, {"keys": [item.published() for item in simulator.keys]})
        if self.place == "/user":
            return self._user(simulator)
        if self.place == "/authorize":
            return self._authorize(simulator)
        return self.json(404, {})

    def post(self) -> None:
        """Serve the token endpoint, the form of the page, and the switches."""
        simulator: OidcSimulator = self.owner
        if self.place == "/token":
            return self._token(simulator)
        if self.place == "/authorize":
            email = self.form().get("email", "")
            person = Person(hashlib.sha256(email.encode()).hexdigest()[:16], email)
            return self.redirect(simulator.back(self.query, person))
        if self.place == "/control":
            simulator.control(json.loads(self.body()))
            return self.json(200, {"fault": simulator.fault})
        return self.json(404, {})

    def _authorize(self, simulator: "OidcSimulator") -> None:
        if simulator.person is not None:
            return self.redirect(simulator.back(self.query, simulator.person))
        hint = html.escape(self.query.get("login_hint", ""))
        query = html.escape(urlencode(self.query))
        return self.page(200, FORM.format(query=query, hint=hint))

    def _token(self, simulator: "OidcSimulator") -> None:
        if simulator.fault == "slow":
            simulator.released.wait(simulator.slow_seconds)
        if simulator.fault == "error_500":
            return self.json(500, {"error": "server_error"})
        if simulator.fault == "not_json":
            return self.answer(200, b"<html>", "text/html")
        form = self.form()
        simulator.told.forms.append(form)
        return self.json(*simulator.redeem(form, self.headers.get("Authorization", "")))

    def _user(self, simulator: "OidcSimulator") -> None:
        grant = simulator.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if grant is None:
            return self.json(401, {})
        claims = grant.person.claims()
        return self.json(
            200, claims | ({"sub": "other"} if simulator.fault == "other_subject" else {})
        )


class OidcSimulator(Server):
    """One provider with one client. Fields may be changed while it runs."""

    handler = _Provider

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.issuer = self.url
        self.client_id, self.client_secret = "portico", secrets.token_urlsafe(24)
        self.person: Person | None = None
        self.fault = ""
        self.slow_seconds = 30.0
        self.clock_seconds = 0  # how far its clock is ahead
        self.released = threading.Event()
        self.keys: list[Key] = [key("first")]
        self.lean = False  # the ID token names the subject alone; the rest is at the user endpoint
        self.methods = ["client_secret_basic", "client_secret_post"]
        self.grants: dict[str, Grant] = {}
        self.tokens: dict[str, Grant] = {}
        self.told = Told()

    def __exit__(self, *error: object) -> None:
        """Let waiting answers go, then stop."""
        self.released.set()
        super().__exit__(*error)

    def rotate(self, name: str, kind: str = "RSA") -> None:
        """Sign with a new key from now on; the old one leaves the key set."""
        self.keys = [key(name, kind)]

    def control(self, wanted: dict[str, Any]) -> None:
        """Set a fault, a person or a new key, as `POST /control` asks."""
        self.fault = wanted.get("fault", self.fault)
        if "person" in wanted:
            self.person = Person(**wanted["person"]) if wanted["person"] else None
        if "rotate" in wanted:
            self.rotate(wanted["rotate"])

    def discovery(self) -> dict[str, Any]:
        """Return the discovery document."""
        pages = "javascript:alert(1)//" if self.fault == "script_endpoint" else self.url
        return {
            "issuer": "https://other.example" if self.fault == "other_discovery" else self.issuer,
            "authorization_endpoint": f"{pages}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/user",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": self.methods,
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def back(self, asked: dict[str, str], person: Person) -> str:
        """Return where the browser goes after somebody signed in."""
        code = secrets.token_urlsafe(24)
        self.grants[code] = Grant(asked, person)
        told = urlencode({"code": code, "state": asked.get("state", ""), "iss": self.issuer})
        return f"{asked['redirect_uri']}?{told}"

    def redeem(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return status and body of the token endpoint: client, code and PKCE are checked."""
        if not self._knows(form, authorization):
            return 401, {"error": "invalid_client"}
        grant = self.grants.get(form.get("code", ""))
        if grant is None or grant.is_used:
            return 400, {"error": "invalid_grant"}
        grant.is_used = True
        made = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(made).decode().rstrip("=")
        due = (grant.asked.get("code_challenge"), grant.asked.get("redirect_uri"), "S256")
        if due != (challenge, form.get("redirect_uri"), grant.asked.get("code_challenge_method")):
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(24)
        self.tokens[access] = grant
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": LIFETIME}
        if self.fault != "no_id_token":
            answer["id_token"] = self._signed(self._claims(grant))
        return 200, answer

    def _knows(self, form: dict[str, str], authorization: str) -> bool:
        if authorization.startswith("Basic "):
            pair = base64.b64decode(authorization[6:]).decode().partition(":")
            given = (unquote(pair[0]), unquote(pair[2]))
        else:
            given = (form.get("client_id", ""), form.get("client_secret", ""))
        return given == (self.client_id, self.client_secret)

    def _claims(self, grant: Grant) -> dict[str, Any]:
        now = int(time.time()) + self.clock_seconds
        claims: dict[str, Any] = {
            "iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + LIFETIME,
            "nonce": grant.asked.get("nonce"), "sub": grant.person.sub,
        }  # fmt: skip
        if not self.lean:
            claims |= grant.person.claims()
        changes: dict[str, dict[str, Any]] = {
            "wrong_nonce": {"nonce": "another"},
            "wrong_audience": {"aud": "another"},
            "wrong_issuer": {"iss": "https://other.example"},
            "wrong_azp": {"aud": [self.client_id, "another"], "azp": "another"},
            "expired": {"iat": now - 900, "exp": now - 600},
            "not_yet_valid": {"iat": now + 600, "exp": now + 900},
        }
        claims |= changes.get(self.fault, {})
        if self.fault == "no_nonce":
            del claims["nonce"]
        return claims

    def _signed(self, claims: dict[str, Any]) -> str:
        signer = self.keys[0]
        if self.fault == "alg_none":
            return unsigned(claims)
        if self.fault == "hs256_public_key":
            return signed_with_public_key(claims, signer)
        if self.fault == "unknown_kid":
            return signer.sign(claims, kid="unheard of")
        if self.fault == "foreign_signature":
            return key("foreign").sign(claims, kid=signer.name)
        return signer.sign(claims)
