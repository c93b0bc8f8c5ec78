"""A passkey in software: it makes keys and signs challenges as a browser would answer."""

import hashlib
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

Flag = AuthenticatorData.FLAG
VERIFIED = Flag.UP | Flag.UV


@dataclass
class Authenticator:
    """One passkey of one person. Fields may be changed to answer wrongly."""

    origin: str = "http://localhost"
    host: str = "localhost"
    counter: int = 1
    flags: Flag = VERIFIED
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user_handle: bytes = b""

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.create`."""
        self.user_handle = websafe_decode(options["user"]["id"])
        public: Any = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        data = AttestedCredentialData.create(Aaguid.NONE, self.credential_id, public)
        attested = AuthenticatorData.create(
            self._host_hash(), self.flags | Flag.AT, self.counter, data
        )
        client = self._client(CollectedClientData.TYPE.CREATE, options)
        return self._credential({
            "clientDataJSON": client.b64,
            "attestationObject": websafe_encode(AttestationObject.create("none", attested, {})),
        })  # fmt: skip

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.get`; the counter moves on first."""
        self.counter += 1
        data = AuthenticatorData.create(self._host_hash(), self.flags, self.counter)
        client = self._client(CollectedClientData.TYPE.GET, options)
        signature = self.key.sign(bytes(data) + client.hash, ec.ECDSA(hashes.SHA256()))
        return self._credential({
            "clientDataJSON": client.b64,
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": websafe_encode(self.user_handle),
        })  # fmt: skip

    def _host_hash(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def _client(self, kind: Any, options: dict[str, Any]) -> CollectedClientData:
        return CollectedClientData.create(kind, options["challenge"], self.origin)

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        name = websafe_encode(self.credential_id)
        return {
            "id": name, "rawId": name, "type": "public-key", "response": response,
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
        }  # fmt: skip
