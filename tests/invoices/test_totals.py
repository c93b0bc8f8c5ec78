"""Sums of lines, for any lines (P67, R77, R78)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import Money
from apps.invoices.errors import DiscountTooLarge, OtherCurrency
from apps.invoices.totals import Position, totals_of

currencies = st.sampled_from(["EUR", "JPY", "KWD"])
quantities = st.decimals("0", "99999", places=4)
rates = st.decimals("-50", "50", places=4)


@st.composite
def invoices(draw: st.DrawFn) -> tuple[str, list[Position]]:
    currency = draw(currencies)
    positions = []
    for _ in range(draw(st.integers(0, 8))):
        price, quantity = draw(st.integers(0, 10**9)), draw(quantities)
        gross = Money(price, currency).times(quantity)
        discount = draw(st.integers(0, gross.amount))
        positions.append(
            Position("x", quantity, Money(price, currency), draw(rates), Money(discount, currency))
        )
    return currency, positions


def half_even(value: Fraction) -> int:
    """Return the nearest whole number, the even one of two: an implementation of its own."""
    below = value.numerator // value.denominator
    rest = value - below
    if rest == Fraction(1, 2):
        return below + below % 2
    return below + (1 if rest > Fraction(1, 2) else 0)


@given(invoices())
def test_r77_sums_by_line_equal_the_total(case: tuple[str, list[Position]]) -> None:
    currency, positions = case
    totals = totals_of(positions, currency)
    net = [
        half_even(Fraction(p.quantity) * p.unit_price.amount) - (p.discount or p.unit_price).amount
        for p in positions
    ]
    tax = [half_even(n * Fraction(p.tax_rate) / 100) for n, p in zip(net, positions, strict=True)]
    assert [line.net.amount for line in totals.lines] == net
    assert [line.tax.amount for line in totals.lines] == tax
    assert totals.subtotal == Money(sum(net), currency)
    assert totals.tax == Money(sum(tax), currency)
    assert totals.total == totals.subtotal + totals.tax


@given(invoices())
def test_the_order_of_lines_does_not_change_the_total(case: tuple[str, list[Position]]) -> None:
    currency, positions = case
    turned = totals_of(list(reversed(positions)), currency)
    assert turned.total == totals_of(positions, currency).total


@pytest.mark.parametrize(("price", "net"), [(1, 0), (3, 2), (5, 2), (7, 4)])
def test_c17_halves_go_to_the_even_side(price: int, net: int) -> None:
    totals = totals_of([Position("x", Decimal("0.5"), Money(price, "EUR"))], "EUR")
    assert totals.total == Money(net, "EUR")


def test_r78_a_withholding_lowers_the_total() -> None:
    position = Position("x", Decimal(1), Money(10_000, "EUR"), Decimal("-26.375"))
    assert totals_of([position], "EUR").total == Money(7362, "EUR")


def test_other_currencies_and_too_large_discounts_are_refused() -> None:
    with pytest.raises(OtherCurrency):
        totals_of([Position("x", Decimal(1), Money(1, "USD"))], "EUR")
    with pytest.raises(DiscountTooLarge):
        totals_of([Position("x", Decimal(1), Money(1, "EUR"), discount=Money(2, "EUR"))], "EUR")
