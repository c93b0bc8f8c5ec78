"""Money is whole minor units: sums hold, splits lose nothing, currencies do not mix (P67, R77)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import CurrencyMismatch, Money, exponent, from_major

AMOUNTS = st.integers(-(10**12), 10**12)
CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD", "CHF"])


@given(AMOUNTS, CURRENCIES, st.integers(1, 50))
def test_p67_a_split_has_the_same_sum_and_differs_by_one_at_most(
    amount: int, currency: str, shares: int
) -> None:
    parts = Money(amount, currency).split(shares)
    assert sum(part.amount for part in parts) == amount
    assert max(parts, key=lambda p: p.amount).amount - min(p.amount for p in parts) <= 1


@given(AMOUNTS, CURRENCIES)
def test_the_major_unit_and_back_is_the_same_amount(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert from_major(money.major(), currency) == money


def test_decimals_follow_iso_4217() -> None:
    assert [exponent(code) for code in ("EUR", "JPY", "KWD")] == [2, 0, 3]


@pytest.mark.parametrize(("factor", "amount"), [("0.5", 2), ("1.5", 8), ("0.1", 0), ("0.3", 2)])
def test_products_are_rounded_half_even(factor: str, amount: int) -> None:
    assert Money(5, "EUR").times(Decimal(factor)).amount == amount


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")


@pytest.mark.parametrize("currency", ["eur", "EURO", "XYZ", "", "€", "DEM", "XXX"])
def test_a_code_that_is_none_is_refused(currency: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, currency)


def test_people_read_their_own_form() -> None:
    assert Money(123450, "EUR").text("de") == "1.234,50\xa0€"
    assert Money(500, "JPY").text("en") == "¥500"
    assert Money(1500, "KWD").text("en") == "KWD1.500"
    assert Money(100, "EUR").text("xx-YY") == "€1.00"


def test_people_see_every_decimal_that_the_currency_has() -> None:
    assert exponent("RSD") == exponent("MGA") == 2
    assert Money(12345, "RSD").text("en").endswith("123.45")
    assert Money(5, "IQD").text("en").endswith("0.005")
