"""What an invoice's lines come to: each line is rounded half-even, sums are exact (C17, R77)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import Money
from apps.invoices.errors import AmountOutOfRange, DiscountTooLarge, OtherCurrency

PERCENT = -2  # 19 percent is 19 scaled by this


@dataclass(frozen=True, slots=True)
class Position:
    """One line as it was entered. `tax_rate` is a percentage, negative for a withholding (R78)."""

    description: str
    quantity: Decimal
    unit_price: Money
    tax_rate: Decimal = Decimal(0)
    discount: Money | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """A line with its amounts: `net` is after the discount, `tax` comes on top."""

    position: Position
    discount: Money
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Totals:
    """The priced lines and their sums."""

    lines: tuple[Priced, ...]
    subtotal: Money
    tax: Money
    total: Money


def totals_of(positions: Iterable[Position], currency: str) -> Totals:
    """Return the amounts of all lines and their sums, in minor units of `currency`.

    Raises OtherCurrency, DiscountTooLarge, AmountOutOfRange.
    """
    lines = tuple(_priced(position, currency) for position in positions)
    subtotal = tax = Money(0, currency)
    try:
        for line in lines:
            subtotal, tax = subtotal + line.net, tax + line.tax
        total = subtotal + tax
    except ValueError as error:
        raise AmountOutOfRange from error
    if total.amount < 0:
        raise AmountOutOfRange(total=total.amount)
    return Totals(lines, subtotal, tax, total)


def _priced(position: Position, currency: str) -> Priced:
    discount = position.discount or Money(0, currency)
    for money in (position.unit_price, discount):
        if money.currency != currency:
            raise OtherCurrency(currency=currency, found=money.currency)
    try:
        gross = position.unit_price.times(position.quantity)
        net = gross - discount
        tax = net.times(position.tax_rate.scaleb(PERCENT))
    except ValueError as error:
        raise AmountOutOfRange from error
    if discount.amount > max(gross.amount, 0):
        raise DiscountTooLarge(line=position.description[:100])
    return Priced(position, discount, net, tax)
