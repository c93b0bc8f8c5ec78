"""The connector port and its `webhook` adapter (C6, C10; `integration.md`, sections 6.1, 7.1).

A connector knows no table, takes no lock, never sleeps and never repeats: it makes one call and
says how it ended.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from apps.connections.http import Answer, GuardedClient, Outcome

USER_AGENT = "Portico-Webhooks/1"
PREFIX = "whsec_"
MAX_BODY_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Context:
    """What a connector is given: where to, the valid secrets (newest first), and the client."""

    settings: Mapping[str, Any]
    secrets: Sequence[str] = field(repr=False)
    client: GuardedClient
    deadline_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Message:
    """One event for one peer. `attempt` counts from 1, `replay` from 0; `body` is the document."""

    event_id: UUID
    delivery_id: UUID
    kind: str
    body: bytes
    attempt: int
    replay: int
    traceparent: str


class Connector(Protocol):
    """A way to hand an event to a peer."""

    kind: str
    deadline_seconds: float

    def deliver(self, context: Context, message: Message) -> Answer:
        """Make one call and return how it ended; raises nothing for what the peer does."""
        ...


class WebhookConnector:
    """An HTTP POST, signed as Standard Webhooks says."""

    kind = "webhook"
    deadline_seconds = 15.0

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock

    def deliver(self, context: Context, message: Message) -> Answer:
        """Send the document; one signature for each valid secret (R157)."""
        if not context.secrets:  # a receiver never sees an unsigned call
            return Answer(Outcome.PERMANENT, error="no valid signing secret")
        if len(message.body) > MAX_BODY_BYTES:
            return Answer(Outcome.PERMANENT, error="the event is longer than 256 KiB")
        message_id, moment = f"msg_{message.event_id}", int(self.clock())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "webhook-id": message_id,
            "webhook-timestamp": str(moment),
            "webhook-signature": " ".join(
                signature(secret, message_id, moment, message.body) for secret in context.secrets
            ),
            "traceparent": message.traceparent,
            "x-portico-event": message.kind,
            "x-portico-delivery": str(message.delivery_id),
            "x-portico-attempt": str(message.attempt),
            "x-portico-replay": str(message.replay),
        }
        return context.client.send(
            "POST", context.settings["url"], headers=headers, content=message.body,
            deadline_seconds=context.deadline_seconds,
        )  # fmt: skip


def signature(secret: str, message_id: str, moment: int, body: bytes) -> str:
    """Return `v1,<base64 HMAC-SHA256>` over `id.timestamp.body` (Standard Webhooks)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{moment}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


CONNECTORS: dict[str, Connector] = {"webhook": WebhookConnector()}
