"""The WebAuthn ceremonies, without tables: options for the browser, and checking what it signed.

A passkey is made for one host name and must verify its person (PIN, finger, face), so it is two
factors in one. Attestation is not asked: who made the authenticator is nobody's business here.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from apps.accounts.errors import PasskeyNeedsName, WrongPasskey

REQUIRED = UserVerificationRequirement.REQUIRED
MILLISECONDS = 300_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page stands: the exact origin, and its host as the relying party's id."""

    origin: str
    host: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a registration brought."""

    credential_id: bytes
    credential: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Signed:
    """What an assertion says before it is checked: which credential, and for whom."""

    response: AuthenticationResponse
    credential_id: bytes
    user_handle: bytes | None
    sign_count: int


def place_of(host: str, *, is_secure: bool) -> Place:
    """Return the place of a request's host, which Django has checked against ALLOWED_HOSTS.

    Raises PasskeyNeedsName for an address of numbers: browsers refuse it as a relying party.
    """
    public = urlsplit(settings.PUBLIC_URL)
    scheme = public.scheme if public.netloc == host else "https" if is_secure else "http"
    origin = f"{scheme}://{host}"
    name = urlsplit(origin).hostname or ""
    if _is_number(name):
        raise PasskeyNeedsName(host=name)
    return Place(origin, name)


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def creation_options(
    place: Place, challenge: bytes, *, user_id: UUID, email: str, name: str,
    known: Sequence[bytes],
) -> dict[str, Any]:  # fmt: skip
    """Return the options for `navigator.credentials.create`; `known` keys are not made twice."""
    options, _state = _server(place).register_begin(
        PublicKeyCredentialUserEntity(id=user_id.bytes, name=email, display_name=name),
        credentials=[
            PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=one)
            for one in known
        ],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=REQUIRED,
        challenge=challenge,
    )
    return dict(options.public_key)


def request_options(place: Place, challenge: bytes) -> dict[str, Any]:
    """Return the options for `navigator.credentials.get`; they name no person and no key."""
    options, _state = _server(place).authenticate_begin(
        user_verification=REQUIRED, challenge=challenge
    )
    return dict(options.public_key)


def registered(place: Place, challenge: bytes, credential: Mapping[str, Any]) -> NewKey:
    """Check a registration. Raises WrongPasskey."""
    try:
        found = _server(place).register_complete(_state(challenge), credential)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongPasskey from error
    data = found.credential_data
    if data is None:
        raise WrongPasskey
    return NewKey(data.credential_id, bytes(data), found.counter)


def read(credential: Mapping[str, Any]) -> Signed:
    """Read an assertion without believing it. Raises WrongPasskey."""
    try:
        response = AuthenticationResponse.from_dict(credential)
        return Signed(
            response,
            response.raw_id,
            response.response.user_handle,
            response.response.authenticator_data.counter,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongPasskey from error


def check(place: Place, challenge: bytes, signed: Signed, credential: bytes) -> None:
    """Check challenge, origin, host, verification and signature. Raises WrongPasskey."""
    try:
        known = AttestedCredentialData(credential)
        _server(place).authenticate_complete(_state(challenge), [known], signed.response)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongPasskey from error


def encoded(value: bytes) -> str:
    """Return bytes as WebAuthn writes them into JSON."""
    return websafe_encode(value)


def decoded(text: str) -> bytes:
    """Return the bytes of a text that `encoded` made."""
    return websafe_decode(text)


def _state(challenge: bytes) -> dict[str, Any]:
    return {"challenge": websafe_encode(challenge), "user_verification": REQUIRED}


def _server(place: Place) -> Fido2Server:
    server = Fido2Server(
        PublicKeyCredentialRpEntity(name=place.host, id=place.host),
        verify_origin=lambda origin: origin == place.origin,
    )
    server.timeout = MILLISECONDS  # type: ignore[assignment]
    return server
