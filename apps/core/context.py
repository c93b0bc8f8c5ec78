"""What is known of the request being served: read by logs, events and outgoing calls."""

import random
import re
import time
import uuid
from contextvars import ContextVar
from dataclasses import dataclass, field

TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def _fresh_id() -> uuid.UUID:
    """Return a random UUID (version 4) without a system call.

    It names a request and guards nothing. The kernel's random bytes would cost a change of
    threads, for the interpreter is given up during the call.
    """
    return uuid.UUID(int=random.getrandbits(128), version=4)


@dataclass(slots=True)
class RequestContext:
    """One request or one task. `started` is a reading of `time.perf_counter`.

    `traceparent` follows W3C Trace Context; `organization_id` and `user_id` are set once the
    credential is known.
    """

    request_id: uuid.UUID = field(default_factory=_fresh_id)
    traceparent: str = ""
    started: float = field(default_factory=time.perf_counter)
    organization_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None
    role: str = ""
    address: str = ""
    user_agent: str = ""
    host: str = ""

    @property
    def duration_ms(self) -> float:
        """Milliseconds since the start, with one decimal."""
        return round((time.perf_counter() - self.started) * 1000, 1)


_current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def current() -> RequestContext:
    """Return the context of the running request or task; outside of one, a fresh one."""
    context = _current.get()
    if context is None:
        context = RequestContext()
        _current.set(context)
    return context


def enter(context: RequestContext) -> None:
    """Make `context` the current one of this thread."""
    _current.set(context)


def request_id_from(header: str) -> uuid.UUID:
    """Return the caller's `X-Request-ID` when it is a UUID, else a fresh one (P38)."""
    try:
        return uuid.UUID(header)
    except ValueError:
        return _fresh_id()


def traceparent_from(header: str) -> str:
    """Continue a valid `traceparent` with a span of ours, or begin a trace."""
    fresh = f"{random.getrandbits(192):048x}"
    if header and TRACEPARENT.fullmatch(header):
        return f"{header[:36]}{fresh[:16]}-{header[-2:]}"
    return f"00-{fresh[16:]}-{fresh[:16]}-01"
