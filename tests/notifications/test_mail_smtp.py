"""The way to the mail server: address, TLS, sign-in, and the deadline (S69); and the doctor."""

import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from apps.notifications.providers import (
    Answer,
    Letter,
    Outcome,
    Server,
    SmtpMailer,
    server_of,
)
from portal.environment import VARIABLES
from tests.notifications.sink import Sink, mail_server, slow_server

PASSWORD = "p@ss:word/"


def letter(**fields: Any) -> Letter:
    values = {
        "message_id": "<1.2@north.example>", "sender_name": "North", "sender": "a@north.example",
        "to": "alice@example.com", "subject": "Hello", "text": "Hello\n", "html": "<p>Hello</p>",
    }  # fmt: skip
    return Letter(**values | fields)


def mailer(sink: Sink, **fields: Any) -> SmtpMailer:
    return SmtpMailer(Server("127.0.0.1", sink.port, **fields), own_name="north.example")


def sign_in(_server: Any, _session: Any, _envelope: Any, _kind: str, data: Any) -> AuthResult:
    right = (data.login, data.password) == (b"portal", PASSWORD.encode())
    return AuthResult(success=right, handled=right)  # what is not handled is answered with 535


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def guarded(certificate: Path) -> Iterator[Sink]:
    """A server that takes mail only after STARTTLS and a sign-in."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    options = {
        "tls_context": context, "require_starttls": True, "authenticator": sign_in,
        "auth_required": True,
    }  # fmt: skip
    with mail_server(**options) as sink:
        yield sink


# -- the address -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 587)),
        ("smtp://mail.example:25?tls=0", Server("mail.example", 25)),
        ("smtp://u:p%40s@mail.example?tls=1", Server("mail.example", 587, "u", "p@s", "start")),
        ("smtps://u:p@mail.example", Server("mail.example", 465, "u", "p", "whole")),
        ("smtp://u:p@127.0.0.1:2525", Server("127.0.0.1", 2525, "u", "p")),
    ],
)
def test_an_address_names_server_sign_in_and_tls(url: str, server: Server) -> None:
    assert server_of(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example", "http://mail.example", "smtp://", "smtp://mail.example:port",
        "smtp://mail.example:99999", "smtp://mail.example?tls=yes", "smtp://mail.example?ssl=1",
        "smtp://user:secret-word@mail.example",
    ],
)  # fmt: skip
def test_a_wrong_address_is_refused_without_its_password(url: str) -> None:
    (variable,) = [one for one in VARIABLES if one.name == "SMTP_URL"]
    fault = variable.check(url)
    assert fault
    assert "secret-word" not in fault


def test_a_server_does_not_show_its_password() -> None:
    assert PASSWORD not in repr(Server("mail.example", 587, "u", PASSWORD))


@pytest.mark.parametrize("value", ["portal", "@north.example", "a b@north.example"])
def test_a_wrong_sender_is_refused(value: str) -> None:
    (variable,) = [one for one in VARIABLES if one.name == "MAIL_FROM"]
    assert variable.check(value)
    assert not variable.check("portal@north.example")
    assert not variable.check("")


# -- TLS and sign-in -------------------------------------------------------------------------


def test_with_tls_the_password_and_the_mail_go_encrypted(
    guarded: Sink, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    way = mailer(guarded, user="portal", password=PASSWORD, tls="start")
    assert way.send(letter()) == Answer(Outcome.SENT)
    assert guarded.encrypted == [True]


def test_a_certificate_of_nobody_known_ends_the_connection(guarded: Sink) -> None:
    way = mailer(guarded, user="portal", password=PASSWORD, tls="start")
    answer = way.send(letter())
    assert answer.outcome == Outcome.AWAY
    assert "certificate" in answer.error.lower()
    assert guarded.messages == []


def test_a_server_without_tls_is_not_used_when_tls_is_wanted() -> None:
    with mail_server() as sink:
        answer = mailer(sink, tls="start").send(letter())
    assert answer.outcome == Outcome.AWAY
    assert "STARTTLS" in answer.error


def test_a_wrong_password_is_no_fault_of_the_mail(
    guarded: Sink, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    way = mailer(guarded, user="portal", password="other-secret", tls="start")
    answer = way.send(letter())
    assert answer.outcome == Outcome.AWAY
    assert answer.error.startswith("535")
    assert "other-secret" not in answer.error
    assert way.check().startswith("535")


# -- what cannot be sent, and servers that do not answer -------------------------------------


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("anna@exämple.example", Outcome.SENT),
        ("änna@example.com", Outcome.REFUSED),
        ("a@b@example.com", Outcome.REFUSED),
        ("", Outcome.REFUSED),
        ("a@example.com\r\nRCPT TO:<eve@example.com>", Outcome.REFUSED),
    ],
)
def test_an_address_that_cannot_be_written_is_refused(address: str, outcome: Outcome) -> None:
    with mail_server() as sink:
        assert mailer(sink).send(letter(to=address)).outcome == outcome
        assert len(sink.messages) == (outcome == Outcome.SENT)


def test_s69_a_server_that_drips_is_cut_at_the_deadline() -> None:
    with slow_server() as port:
        server = Server("127.0.0.1", port)
        way = SmtpMailer(server, own_name="north.example", deadline_seconds=0.5)
        began = time.monotonic()
        answer = way.send(letter())
    assert answer.outcome == Outcome.AWAY
    assert time.monotonic() - began < 5


@given(st.text(), st.text(), st.text())
def test_any_words_make_one_message_with_one_receiver(name: str, subject: str, text: str) -> None:
    try:
        content = letter(sender_name=name, subject=subject, text=text).as_bytes()
    except ValueError:  # half of a surrogate pair, for one, cannot be written
        return
    head = content.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
    names = [line.partition(b":")[0] for line in head if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(
        [b"message-id", b"date", b"from", b"to", b"subject", b"auto-submitted", b"mime-version",
         b"content-type"]
    )  # fmt: skip


# -- the doctor (R4) -------------------------------------------------------------------------


def finding() -> str:
    out = StringIO()
    try:
        call_command("doctor", stdout=out)
    except CommandError:
        out.write("")
    (line,) = [line for line in out.getvalue().splitlines() if line.split()[1] == "mail"]
    return line


@pytest.mark.django_db(transaction=True)
def test_r4_the_doctor_says_where_mail_goes(settings: Any) -> None:
    settings.PUBLIC_URL = "https://portal.example"
    settings.SMTP_URL = ""
    assert finding().startswith("ok")
    settings.IN_PRODUCTION = True
    assert finding().startswith("warn")
    assert "(SMTP_URL)" in finding()
    with mail_server() as sink:
        settings.SMTP_URL = sink.url
        assert finding().startswith("ok")
        settings.PUBLIC_URL = ""
        assert finding().startswith("fail")
        assert "(PUBLIC_URL)" in finding()
    settings.PUBLIC_URL = "https://portal.example"
    assert finding().startswith("fail")
    assert "(SMTP_URL)" in finding()
