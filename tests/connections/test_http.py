"""The guarded client: one deadline, bounded answers, honest outcomes (acceptance 14, 6.2)."""

import ssl
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.connections.http import ANSWER_BYTES, Answer, GuardedClient, Outcome, retry_after_seconds
from apps.connections.masking import HEAD_BYTES, masked, masked_head
from tests.integrations.receiver import (
    Behaviour,
    Receiver,
    drip,
    drip_head,
    flood,
    hang,
    hang_up,
    receiver,
    status,
)

ALLOW = ["127.0.0.1"]


def post(peer: Receiver, deadline_seconds: float = 15.0) -> Answer:
    return GuardedClient(ALLOW).send(
        "POST", peer.url, headers={"x-a": "b"}, content=b"{}", deadline_seconds=deadline_seconds
    )


@pytest.mark.parametrize("behaviour", [drip, drip_head, hang])
def test_acceptance_14_a_slow_peer_is_cut_at_the_deadline(behaviour: Behaviour) -> None:
    with receiver(behaviour) as peer:
        began = time.monotonic()
        answer = post(peer, deadline_seconds=1.0)
        took = time.monotonic() - began
    assert 0.9 <= took <= 1.5
    assert answer.timed_out
    assert answer.outcome == (Outcome.OK if behaviour is drip else Outcome.UNKNOWN)


def test_acceptance_14_a_large_answer_is_cut_and_costs_little_memory() -> None:
    with receiver(flood) as peer:
        post(peer)
        tracemalloc.start()
        answer = post(peer)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (answer.outcome, len(answer.body)) == (Outcome.OK, ANSWER_BYTES)
    assert most < 1_000_000


def test_a_reset_after_the_request_is_unknown_and_a_refusal_before_it_is_retryable() -> None:
    with receiver(hang_up) as peer:
        assert post(peer).outcome == Outcome.UNKNOWN
    assert post(peer).outcome == Outcome.RETRYABLE


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with receiver() as peer:
        assert post(peer).outcome == Outcome.OK


def test_cookies_of_one_answer_do_not_go_into_the_next_call() -> None:
    with receiver(status(200, Set_Cookie="a=b")) as peer:
        client = GuardedClient(ALLOW)
        for _ in range(2):
            client.send("POST", peer.url, headers={})
    assert all("cookie" not in got.headers for got in peer.got)


def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 88 <= (retry_after_seconds(later) or 0) <= 91
    assert retry_after_seconds("120") == 120
    assert retry_after_seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    for odd in ("", "-5", "soon", "1e3", "٣", "9" * 30):
        assert retry_after_seconds(odd) is None


def test_a_head_is_short_and_masked() -> None:
    text = (
        'Authorization: Basic abc\nSet-Cookie: s=1; x\n{"client_secret": "hush", "api_key":"k9",'
        '"refresh_token":"r1"} whsec_AAAA= sk_live_77 Bearer zzz.1 eyJhbGciOi.eyJzdWIi.sig\x00'
    )
    shown = masked(text)
    for secret in ("abc", "s=1", "hush", "k9", "r1", "AAAA", "_77", "zzz", "eyJ", "\x00"):
        assert secret not in shown
    head = masked_head(500, "ä".encode() * 5000)
    assert len(head.encode()) <= HEAD_BYTES
    assert head.startswith("500\n")


# -- TLS ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for peer.example in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("peer.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "peer.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Receiver]:
    with receiver(tls=certificate) as peer:
        yield peer


def test_the_certificate_is_checked_against_the_name_of_the_url(
    secure: Receiver, certificate: Path
) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    client = GuardedClient(ALLOW, resolve=lambda *_args: ["127.0.0.1"], context=context)
    port = secure.url.split(":")[2].split("/")[0]
    good = client.send("POST", f"https://peer.example:{port}/", headers={})
    assert (good.outcome, good.error) == (Outcome.OK, "")
    other = client.send("POST", f"https://other.example:{port}/", headers={})
    assert other.outcome == Outcome.RETRYABLE
    assert "certificate" in other.error.lower()
    unknown = GuardedClient(ALLOW).send("POST", f"https://127.0.0.1:{port}/", headers={})
    assert unknown.outcome == Outcome.RETRYABLE
    assert len(secure.got) == 1
