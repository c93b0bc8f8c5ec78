"""Keys of tokens: they rotate, each has one algorithm, and nothing is taken from a token (P02)."""

import base64
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import orjson
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from apps.accounts.devices import device_of, new_device
from apps.accounts.links import link_text, read_link
from apps.accounts.models import Membership
from apps.accounts.token_keys import named_key, private_token_key, token_keys
from apps.core import clock
from apps.core.sealing import seal, unseal
from tests.conftest import access_token, api
from tests.factories import PASSWORD

NEW_SECRET = "a-new-key-of-at-least-thirty-two-characters"
MAKERS: dict[str, Callable[[], Any]] = {
    "EdDSA": Ed25519PrivateKey.generate,
    "RS256": lambda: generate_private_key(65537, 2048),
}


def pems(private: Any) -> tuple[str, str]:
    """Return private and public key as PEM."""
    pem = serialization.Encoding.PEM
    secret = private.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return secret.decode(), public.decode()


def me(token: str) -> int:
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return int(client.get("/api/v1/users/me").status_code)


def pair_of(person: Membership) -> dict[str, str]:
    body = {"email": person.user.email, "password": PASSWORD}
    pair: dict[str, str] = api(None).post("/api/v1/auth/login", body).json()["data"]
    return pair


def refreshed(token: str) -> dict[str, str]:
    answer = api(None).post("/api/v1/auth/refresh", {"refresh_token": token})
    pair: dict[str, str] = answer.json()["data"]
    return pair


def rotate(settings: Any) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = NEW_SECRET


def test_a_new_secret_keeps_everybody_signed_in(alice: Membership, settings: Any) -> None:
    pair = pair_of(alice)
    rotate(settings)
    assert me(pair["access_token"]) == 200
    new = refreshed(pair["refresh_token"])
    assert jwt.get_unverified_header(new["access_token"])["kid"] == token_keys()[0].id
    settings.SECRET_KEY_FALLBACKS = []
    assert me(new["access_token"]) == 200
    assert named_key(jwt.get_unverified_header(pair["access_token"])["kid"]) is None


def test_r17_the_second_tab_gets_the_same_pair_over_a_change_of_keys(
    alice: Membership, settings: Any
) -> None:
    old = pair_of(alice)["refresh_token"]
    first = refreshed(old)
    rotate(settings)
    assert refreshed(old) == first


def test_what_was_signed_or_sealed_with_the_former_secret_stays_good(
    alice: Membership, settings: Any
) -> None:
    link, device, sealed = link_text(alice.id, "a"), new_device(alice.user_id), seal(b"x", "b")
    rotate(settings)
    assert read_link(link, "a") == alice.id
    assert device_of(device, alice.user_id) is not None
    assert unseal(sealed, "b") == b"x"


@pytest.mark.parametrize("algorithm", MAKERS)
def test_tokens_can_be_signed_with_a_private_key(
    algorithm: str, alice: Membership, settings: Any
) -> None:
    old = access_token(alice)
    settings.TOKEN_PRIVATE_KEY, public = pems(MAKERS[algorithm]())
    token = access_token(alice)
    assert jwt.decode(token, public, [algorithm])["sub"] == str(alice.user_id)
    assert (me(token), me(old)) == (200, 200)
    settings.TOKEN_PRIVATE_KEY, settings.TOKEN_PUBLIC_KEYS = "", public.replace("\n", "\\n")
    assert me(access_token(alice)) == 200
    assert named_key(jwt.get_unverified_header(token)["kid"]) is not None
    settings.TOKEN_PUBLIC_KEYS = ""
    assert named_key(jwt.get_unverified_header(token)["kid"]) is None


def test_the_algorithm_is_the_keys_and_not_the_tokens(alice: Membership, settings: Any) -> None:
    settings.TOKEN_PRIVATE_KEY, public = pems(MAKERS["RS256"]())
    token = access_token(alice)
    header, claims = jwt.get_unverified_header(token), jwt.decode(token, public, ["RS256"])
    shared = token_keys()[1]
    wrong = [
        _signed_by_hand(claims, {"alg": "HS256", "kid": header["kid"]}, public.encode()),
        jwt.encode(claims, shared.signs, "HS256", headers={"kid": header["kid"]}),
        jwt.encode(claims, shared.signs * 2, "HS512", headers={"kid": shared.id}),
        jwt.encode(claims, "", "none", headers={"kid": header["kid"]}),
        jwt.encode(claims, shared.signs, "HS256", headers={"kid": "../../dev/null"}),
        jwt.encode(claims, shared.signs, "HS256"),
    ]
    assert [me(one) for one in wrong] == [401] * len(wrong)
    assert me(jwt.encode(claims, shared.signs, "HS256", headers={"kid": shared.id})) == 200


def _signed_by_hand(claims: Any, header: dict[str, str], key: bytes) -> str:
    """Sign with the public key as if it were a shared secret: libraries refuse to."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    signed = f"{part(orjson.dumps(header))}.{part(orjson.dumps(claims))}"
    return f"{signed}.{part(hmac.digest(key, signed.encode(), 'sha256'))}"


def test_a_token_of_another_kind_or_without_a_claim_is_refused(alice: Membership) -> None:
    key = token_keys()[0]
    claims = jwt.decode(access_token(alice), key.verifies, ["HS256"])
    for changes in ({"type": None}, {"type": "mfa"}, {"exp": None}, {"sid": None}, {"org": None}):
        kept = {name: value for name, value in (claims | changes).items() if value is not None}
        assert me(jwt.encode(kept, key.signs, "HS256", headers={"kid": key.id})) == 401


def test_a_token_from_the_future_is_refused(alice: Membership) -> None:
    """RFC 7519, 4.1.6: tokens are made here alone, so one from the future is forged or a fault."""
    with time_machine.travel(clock.now() + timedelta(minutes=10), tick=False):
        token = access_token(alice)
    assert me(token) == 401


@pytest.mark.parametrize("pem", ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_broken_private_key_stops_the_start(pem: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        private_token_key(pem)


def test_a_short_rsa_key_is_refused() -> None:
    with pytest.raises(ValueError, match="2048"):
        private_token_key(pems(generate_private_key(65537, 1024))[0])  # noqa: S505  the fault


def test_an_unknown_name_has_no_key() -> None:
    assert named_key(None) is None
    assert named_key(["x"]) is None
