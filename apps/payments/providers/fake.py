"""A gateway for demos and tests with its own books (B05, R101). The card decides what happens.

It behaves as a real one does: a key charges once, an answer may be lost after the charge, slow
methods become certain later. Its books are handed in, so it knows no table.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from apps.core.money import Money
from apps.payments.providers.port import (
    Capabilities,
    Context,
    NotSent,
    Operation,
    Result,
    Status,
    Unsure,
)

DEFAULT_CARD = "4242424242424242"
CARDS = {
    DEFAULT_CARD: "success",
    "4000000000000002": "decline",
    "4000000000009995": "no_funds",
    "4000000000003220": "action",
    "4000000000003063": "action_ignored",
    "4000000000000077": "delay",
    "4000000000004954": "delay_then_decline",
    "4000000000000119": "timeout_after_charge",
    "4000000000000127": "timeout_before_charge",
    "4000000000000341": "unreachable",
}
DECLINES = {
    "decline": "card_declined",
    "no_funds": "insufficient_funds",
    "delay_then_decline": "debit_returned",
}
REPEAT_WINDOW = timedelta(hours=23)
LATER = timedelta(seconds=45)  # after this time a slow payment is certain
LOST = "lost"  # stands for a request that broke on its way: the gateway does not know of it
ACTION = {"type": "approve_in_bank_app", "url": None}


@dataclass(frozen=True, slots=True)
class Charge:
    """A line in the gateway's books."""

    key: str
    reference: str
    money: Money
    behaviour: str
    status: str
    decline_code: str
    created_at: datetime


class Books(Protocol):
    """The gateway's own store."""

    def enter(self, charge: Charge) -> tuple[Charge, bool]:
        """Keep a charge unless its key is known; return the kept one and whether it is new."""
        ...

    def find(self, key: str) -> Charge | None:
        """Return the charge of a key."""
        ...

    def move(self, charge: Charge) -> None:
        """Keep the new status of a charge."""
        ...


class FakeProvider:
    """The fake gateway's adapter. It never works where real money is taken."""

    name = "fake"

    def __init__(self, books: Books, *, in_production: bool) -> None:
        """Raise RuntimeError in production (B05)."""
        if in_production:
            raise RuntimeError("the fake provider is not for production")
        self.books = books

    def capabilities(self) -> Capabilities:
        """Return all currencies, cards, and a safe repeat for 23 hours."""
        return Capabilities(methods=("card",), repeat_window=REPEAT_WINDOW)

    def create(self, context: Context, operation: Operation) -> Result:
        """Charge the card that the request names. Raises NotSent, Unsure as the card asks."""
        behaviour = CARDS[operation.request.get("card", DEFAULT_CARD)]
        if behaviour == "unreachable":
            raise NotSent("the fake gateway does not answer")
        known = self.books.find(operation.key)
        if known is None and behaviour == "timeout_before_charge":
            self.books.enter(_charge(context, operation, behaviour, LOST))
            raise Unsure("the request was lost")
        if known is not None and known.status == LOST:
            known = replace(known, status=Status.SUCCEEDED)
            self.books.move(known)
        status = _first_status(behaviour)
        kept, is_new = self.books.enter(_charge(context, operation, behaviour, status))
        if is_new and behaviour == "timeout_after_charge":
            raise Unsure("the answer was lost after the charge")
        return _result(kept)

    def cancel(self, context: Context, operation: Operation) -> Result:
        """Cancel a charge that waits for the payer. Raises Unsure for an unknown key."""
        charge = self._now(context, operation.key)
        if charge is None:
            raise Unsure("there is no such charge")
        if charge.status in {Status.REQUIRES_ACTION, Status.PROCESSING}:
            charge = replace(charge, status=Status.CANCELLED, decline_code="expired")
            self.books.move(charge)
        return _result(charge)

    def fetch(self, context: Context, operation: Operation) -> Result | None:
        """Return what the books say now, or None."""
        charge = self._now(context, operation.key)
        return None if charge is None else _result(charge)

    def _now(self, context: Context, key: str) -> Charge | None:
        """Return the charge of a key after what time has done to it."""
        charge = self.books.find(key)
        if charge is None or charge.status == LOST:
            return None
        if context.now < charge.created_at + LATER:
            return charge
        if charge.status not in {Status.REQUIRES_ACTION, Status.PROCESSING}:
            return charge
        if charge.behaviour == "action_ignored":
            return charge
        failed = charge.behaviour == "delay_then_decline"
        charge = replace(
            charge,
            status=Status.DECLINED if failed else Status.SUCCEEDED,
            decline_code=DECLINES.get(charge.behaviour, ""),
        )
        self.books.move(charge)
        return charge


def _first_status(behaviour: str) -> str:
    if behaviour in {"action", "action_ignored"}:
        return Status.REQUIRES_ACTION
    if behaviour in {"delay", "delay_then_decline"}:
        return Status.PROCESSING
    return Status.DECLINED if behaviour in DECLINES else Status.SUCCEEDED


def _charge(context: Context, operation: Operation, behaviour: str, status: str) -> Charge:
    return Charge(
        key=operation.key,
        reference=f"fake_{operation.id.hex}",
        money=operation.money,
        behaviour=behaviour,
        status=status,
        decline_code=DECLINES[behaviour] if status == Status.DECLINED else "",
        created_at=context.now,
    )


def _result(charge: Charge) -> Result:
    status = Status(charge.status)
    return Result(
        status=status,
        money=charge.money,
        provider_ref=charge.reference,
        method="card",
        decline_code=charge.decline_code,
        action=ACTION if status == Status.REQUIRES_ACTION else None,
    )
