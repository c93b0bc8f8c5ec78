"""The port to a mail server, and SMTP as its adapter.

A port and not Django's mail backend, because the answer matters: a refused address is final, a
server that is away is not, and a connection lost after the text went out is neither (S69: all
of it within 30 s).
"""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

DEADLINE_SECONDS = 30.0
STEP_SECONDS = 10.0  # one answer of the server; the deadline counts all of them
PORTS = {"smtp": 587, "smtps": 465}
HERE = {"localhost", "127.0.0.1", "::1"}


class Outcome(StrEnum):
    """How an attempt ended."""

    SENT = "sent"
    REFUSED = "refused"  # this address or this text: asking again changes nothing
    LATER = "later"  # the server asks to come back with this mail
    AWAY = "away"  # no mail would get through now
    UNKNOWN = "unknown"  # the text went out and no answer came back


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome, and for all but SENT what the server said or what went wrong."""

    outcome: Outcome
    error: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent. `message_id` stays the same when it is sent again."""

    message_id: str
    sender_name: str
    sender: str
    to: str
    subject: str
    text: str
    html: str

    def as_bytes(self) -> bytes:
        """Return the message in its wire form (RFC 5322), 7-bit, with text and HTML."""
        message = EmailMessage(policy=policy.SMTP)
        message["Message-ID"] = self.message_id
        message["Date"] = format_datetime(datetime.now(UTC))
        message["From"] = Address(_one_line(self.sender_name), addr_spec=_ascii(self.sender))
        message["To"] = Address(addr_spec=_ascii(self.to))
        message["Subject"] = _one_line(self.subject)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic replies
        message.set_content(self.text, cte="quoted-printable")
        message.add_alternative(self.html, subtype="html", cte="quoted-printable")
        return message.as_bytes()


class Mailer(Protocol):
    """Sends mails."""

    def send(self, letter: Letter) -> Answer:
        """Hand over one letter and return what became of it, within `DEADLINE_SECONDS`."""
        ...

    def check(self) -> str:
        """Return what is wrong with the way to the server, or an empty text."""
        ...


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails are handed in. `tls` is none, start (STARTTLS) or whole (from the first byte)."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = "none"


def server_of(url: str) -> Server:
    """Return the server of `smtp://user:password@host:587?tls=1` or `smtps://…`.

    Raises ValueError with a sentence that does not repeat the URL, since it holds a password.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("must look like smtp://user:password@host:587?tls=1")
    options = parse_qs(parts.query)
    if set(options) - {"tls"} or options.get("tls", ["0"])[0] not in {"0", "1"}:
        raise ValueError("knows only the option tls=1 or tls=0")
    tls = "whole" if parts.scheme == "smtps" else "none"
    if tls == "none" and options.get("tls") == ["1"]:
        tls = "start"
    if parts.username and tls == "none" and parts.hostname not in HERE:
        raise ValueError("would send the password unencrypted; add ?tls=1")
    port = parts.port or PORTS[parts.scheme]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Server(parts.hostname, port, user, password, tls)


class _Away(Exception):
    """The server cannot be reached, or takes no mail from us at all."""


class _Plain(smtplib.SMTP):
    """A connection that knows its server's name before it is opened: TLS compares with it."""

    def __init__(self, server: Server, own_name: str) -> None:
        super().__init__(local_hostname=own_name, timeout=STEP_SECONDS)
        self._host = server.host


class _Whole(smtplib.SMTP_SSL):
    """The same with TLS from the first byte."""

    def __init__(self, server: Server, own_name: str) -> None:
        context = ssl.create_default_context()
        super().__init__(local_hostname=own_name, timeout=STEP_SECONDS, context=context)
        self._host = server.host


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """One connection a mail; the certificate of the server is verified."""

    server: Server
    own_name: str  # what we call ourselves to the server
    deadline_seconds: float = DEADLINE_SECONDS

    def send(self, letter: Letter) -> Answer:
        """Hand over one letter and return what became of it."""
        try:
            content = letter.as_bytes()
        except (ValueError, MessageError) as error:
            return Answer(Outcome.REFUSED, f"cannot be written as a mail: {error}")
        try:
            with self._connection() as smtp:
                return _hand_over(smtp, letter, content)
        except _Away as error:
            return Answer(Outcome.AWAY, str(error))

    def check(self) -> str:
        """Return what is wrong with the way to the server, or an empty text."""
        try:
            with self._connection() as smtp:
                smtp.noop()
        except (_Away, OSError) as error:
            return _words(error)
        return ""

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        """Yield a connection that is signed in; raises _Away when there is none to be had."""
        kind = _Whole if self.server.tls == "whole" else _Plain
        smtp = kind(self.server, self.own_name)
        with _deadline(smtp, self.deadline_seconds):
            try:
                self._open(smtp)
                yield smtp
                with suppress(OSError, ValueError):  # what it says to QUIT decides nothing
                    smtp.quit()
            finally:
                smtp.close()

    def _open(self, smtp: smtplib.SMTP) -> None:
        try:
            code, reply = smtp.connect(self.server.host, self.server.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, reply)
            if self.server.tls == "start":
                smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            if self.server.user:
                smtp.login(self.server.user, self.server.password)
        except (OSError, ValueError) as error:  # SMTPException is an OSError
            raise _Away(_words(error)) from error


@contextmanager
def _deadline(smtp: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the connection after `seconds`, however slowly the server goes on to answer."""
    timer = threading.Timer(seconds, _cut, [smtp])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(smtp: smtplib.SMTP) -> None:
    sock = smtp.sock
    if sock is not None:
        with suppress(OSError):  # under TLS too: the plain shutdown wakes whoever reads
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _hand_over(smtp: smtplib.SMTP, letter: Letter, content: bytes) -> Answer:
    """Only the address or the text can be refused for good; the rest is about us."""
    try:
        code, reply = smtp.mail(_ascii(letter.sender))
        if code != 250:
            return Answer(Outcome.LATER, _said(code, reply))
        code, reply = smtp.rcpt(_ascii(letter.to))
    except OSError as error:
        return Answer(Outcome.AWAY, _words(error))
    if code not in {250, 251}:
        return _refusal(code, reply)
    try:
        code, reply = smtp.data(content)
    except smtplib.SMTPDataError as error:
        return _refusal(error.smtp_code, error.smtp_error)
    except (OSError, ValueError):
        return Answer(Outcome.UNKNOWN, "the connection was lost while the text went out")
    return Answer(Outcome.SENT) if code == 250 else _refusal(code, reply)


def _refusal(code: int, reply: bytes | str) -> Answer:
    outcome = Outcome.REFUSED if 500 <= code < 600 else Outcome.LATER
    return Answer(outcome, _said(code, reply))


def _said(code: int, reply: bytes | str) -> str:
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    return f"{code} {_one_line(text)}"


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error.smtp_code, error.smtp_error)
    return _one_line(str(error)) or type(error).__name__


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _ascii(address: str) -> str:
    """Return the address with its domain in IDNA; raises UnicodeError for another local part."""
    local, _, domain = address.rpartition("@")
    local.encode("ascii")
    return f"{local}@{domain.encode('idna').decode()}"
