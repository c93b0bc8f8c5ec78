"""Signing keys of the simulator, and the tokens that a careless or hostile provider would send."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Key:
    """A private key under a name."""

    name: str
    private: PrivateKey

    @property
    def algorithm(self) -> str:
        """The algorithm that it signs with."""
        return "RS256" if isinstance(self.private, rsa.RSAPrivateKey) else "ES256"

    def published(self) -> dict[str, Any]:
        """Return it as the key set shows it."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            shown = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        else:
            shown = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**shown, "kid": self.name, "use": "sig", "alg": self.algorithm}

    def sign(self, claims: dict[str, Any], **headers: Any) -> str:
        """Return the signed token."""
        return jwt.encode(claims, self.private, self.algorithm, {"kid": self.name, **headers})


@lru_cache(maxsize=16)
def key(name: str, kind: str = "RSA") -> Key:
    """Return the key of a name; the same for as long as the process lives."""
    if kind == "RSA":
        return Key(name, rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return Key(name, ec.generate_private_key(ec.SECP256R1()))


def public_pem(found: Key) -> bytes:
    """Return the public key as text: what an attacker knows."""
    public = found.private.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def unsigned(claims: dict[str, Any]) -> str:
    """Return a token with the algorithm `none`."""
    return _joined({"alg": "none"}, claims) + "."


def signed_with_public_key(claims: dict[str, Any], found: Key) -> str:
    """Return a token whose shared secret is the public key: the confusion of algorithms."""
    text = _joined({"alg": "HS256", "kid": found.name}, claims)
    return f"{text}.{_b64(hmac.digest(public_pem(found), text.encode(), hashlib.sha256))}"


def _joined(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(_b64(json.dumps(part).encode()) for part in (header, claims))


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
