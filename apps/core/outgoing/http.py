"""The one HTTP client for calls that leave the house (`integration.md`, section 6.2).

It connects to addresses that were checked, holds one deadline over the whole call, keeps a
bounded part of the answer and turns every end of a call into an `Answer`. No redirects, no
cookies, no proxy variables, no decompression, no retries.
"""

import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cache
from typing import Any

import httpcore

from apps.core.outgoing.addresses import (
    RefusedAddress,
    Resolve,
    Target,
    UnknownHost,
    resolve_target,
)
from apps.core.outgoing.masking import masked_head

ANSWER_BYTES = 64 * 1024
CONNECT_SECONDS = 3.0
WRITE_BYTES = 16 * 1024
REPEATED = frozenset({408, 425, 429})


class Outcome(StrEnum):
    """How a call ended. UNKNOWN: the peer may have acted."""

    OK = "ok"
    RETRYABLE = "retryable"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `retry_after` and `duration_ms` are in their units; `head` is masked."""

    outcome: Outcome
    status: int | None = None
    error: str = ""
    retry_after: int | None = None
    duration_ms: int = 0
    head: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    timed_out: bool = False


@dataclass(slots=True)
class _Progress:
    """One call under way: its deadline, and whether a byte of the request has left."""

    target: Target
    deadline: float
    began: float
    sent: bool = False
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    def left(self, most: float | None = None) -> float:
        """Return the seconds left; raises ReadTimeout at the end."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("deadline")
        return seconds if most is None else min(seconds, most)


class GuardedClient:
    """Makes calls. `allow` are the operator's exceptions; `context` serves tests of TLS."""

    def __init__(
        self,
        allow: Sequence[str] = (),
        *,
        resolve: Resolve | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.allow = tuple(allow)
        self.resolve = resolve
        self.context = context

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes = b"",
        deadline_seconds: float = 15.0,
        answer_bytes: int = ANSWER_BYTES,
    ) -> Answer:
        """Make one call and return how it ended; nothing is raised for what a peer does."""
        began = time.monotonic()
        try:
            target = resolve_target(
                url, self.allow, timeout_seconds=CONNECT_SECONDS, resolve=self.resolve
            )
        except RefusedAddress as error:
            return Answer(Outcome.PERMANENT, error=f"address refused: {error}")
        except UnknownHost as error:
            return Answer(Outcome.RETRYABLE, error=str(error), duration_ms=_since(began))
        progress = _Progress(target, began + deadline_seconds, began)
        error_text, timed_out = "", False
        try:
            self._exchange(progress, method, headers, content, answer_bytes)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            error_text, timed_out = _named(error), isinstance(error, httpcore.TimeoutException)
        return _answer(progress, error_text, timed_out=timed_out)

    def _exchange(
        self,
        progress: _Progress,
        method: str,
        headers: Mapping[str, str],
        content: bytes,
        answer_bytes: int,
    ) -> None:
        target = progress.target
        port = "" if target.port in {80, 443} else f":{target.port}"
        host = f"[{target.host}]" if ":" in target.host else target.host
        sent = {"Host": host + port, "Connection": "close", **headers}
        sent["Content-Length"] = str(len(content))
        url = httpcore.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port,
            target=target.path.encode(),
        )  # fmt: skip
        pool = httpcore.ConnectionPool(
            ssl_context=self.context or _tls(), network_backend=_Pinned(progress), retries=0
        )
        with pool, pool.stream(method, url, headers=list(sent.items()), content=content) as answer:
            progress.status = answer.status
            progress.headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in answer.headers
            }
            for chunk in answer.iter_stream():
                progress.body += chunk[: answer_bytes - len(progress.body)]
                if len(progress.body) >= answer_bytes:
                    return
                progress.left()


class _Pinned(httpcore.NetworkBackend):
    """Connects to the checked addresses, whatever the host is called."""

    def __init__(self, progress: _Progress) -> None:
        self.progress = progress
        self.real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a stream to the first address that answers."""
        *others, last = self.progress.target.addresses
        for address in others:
            try:
                return self._connect(address, port, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(last, port, socket_options)

    def _connect(self, address: str, port: int, options: Any) -> httpcore.NetworkStream:
        seconds = self.progress.left(CONNECT_SECONDS)
        stream = self.real.connect_tcp(address, port, seconds, None, options)
        return _Timed(stream, self.progress)

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        """Refuse: sockets of this machine are no peers."""
        raise httpcore.ConnectError("no unix sockets")


class _Timed(httpcore.NetworkStream):
    """A stream whose every wait ends with the call's deadline, also while headers drip."""

    def __init__(self, stream: httpcore.NetworkStream, progress: _Progress) -> None:
        self.stream = stream
        self.progress = progress

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come."""
        return self.stream.read(max_bytes, self.progress.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send in pieces, so that a peer that reads slowly meets the deadline too."""
        for start in range(0, len(buffer), WRITE_BYTES):
            seconds = self.progress.left()
            self.progress.sent = True
            self.stream.write(buffer[start : start + WRITE_BYTES], seconds)

    def close(self) -> None:
        """Close the socket."""
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Return the encrypted stream; the certificate is checked against the URL's name."""
        seconds = self.progress.left(CONNECT_SECONDS)
        stream = self.stream.start_tls(ssl_context, server_hostname, seconds)
        return _Timed(stream, self.progress)

    def get_extra_info(self, info: str) -> Any:
        """Return what the socket tells."""
        return self.stream.get_extra_info(info)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _answer(progress: _Progress, error: str, *, timed_out: bool) -> Answer:
    status, body = progress.status, bytes(progress.body)
    if status is None:
        outcome = Outcome.UNKNOWN if progress.sent else Outcome.RETRYABLE
    else:
        outcome = outcome_of(status)
    return Answer(
        outcome,
        status=status,
        error=error or ("" if outcome == Outcome.OK else f"status {status}"),
        retry_after=retry_after_seconds(progress.headers.get("retry-after", "")),
        duration_ms=_since(progress.began),
        head=masked_head(status, body) if status is not None else "",
        body=body,
        headers=progress.headers,
        timed_out=timed_out,
    )


def outcome_of(status: int) -> Outcome:
    """Return what a status means for a repeat (`integration.md`, section 5.5)."""
    if 200 <= status < 300:
        return Outcome.OK
    if status in REPEATED or 500 <= status < 600:
        return Outcome.RETRYABLE
    return Outcome.PERMANENT


def retry_after_seconds(text: str) -> int | None:
    """Return the seconds that a `Retry-After` asks for, or None (RFC 9110, 10.2.3)."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, round((moment - datetime.now(UTC)).total_seconds()))


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300].rstrip(": ")


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
