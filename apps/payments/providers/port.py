"""What the portal asks of a payment provider (B01; `integration.md`, 9.2).

An adapter turns each answer into a `Result`. Whatever else happens is one of two exceptions:
`NotSent` when nothing left the house, `Unsure` when the provider may have acted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from apps.core.money import Money


class NotSent(Exception):
    """The provider was not reached: the call may simply be made again."""


class Unsure(Exception):
    """The provider may have acted. It is asked, never guessed (B06)."""


class Status(StrEnum):
    """What the provider says of a payment. The first three are final."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"


@dataclass(frozen=True, slots=True)
class Context:
    """Around a call: whose it is, how long it may take, what time it is for the caller."""

    organization_id: UUID
    connection_id: UUID
    now: datetime
    timeout_seconds: float = 10.0
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One intended effect. `key` is the idempotency key, `request` the stored body to send."""

    id: UUID
    kind: str
    money: Money
    key: str
    request: Mapping[str, Any]
    provider_ref: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What the provider said: `money` is what it moved or will move, `version` only grows."""

    status: Status
    money: Money
    provider_ref: str
    method: str = ""
    decline_code: str = ""
    action: Mapping[str, Any] | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do. A repeat under the same key is safe within `repeat_window`."""

    methods: tuple[str, ...]
    repeat_window: timedelta
    currencies: frozenset[str] | None = None  # None: all
    partial_refund: bool = False
    manual_capture: bool = False


class PaymentProvider(Protocol):
    """A provider. A repeat of `create` with the same key returns the first result."""

    name: str

    def capabilities(self) -> Capabilities:
        """Return what the provider can do."""
        ...

    def create(self, context: Context, operation: Operation) -> Result:
        """Charge. Raises NotSent, Unsure."""
        ...

    def cancel(self, context: Context, operation: Operation) -> Result:
        """Cancel what is not captured, and return what became of it. Raises NotSent, Unsure."""
        ...

    def fetch(self, context: Context, operation: Operation) -> Result | None:
        """Return the provider's state of an operation; None when it never heard of it.

        Raises NotSent, Unsure.
        """
        ...
