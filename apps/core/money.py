"""Money: an integer count of minor units and an ISO 4217 currency, never a float."""

from copy import copy
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Self

from babel.core import Locale, UnknownLocaleError, get_global
from babel.numbers import format_currency

WITHOUT_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
WITH_THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
MAX_MINOR = 2**53 - 1  # the greatest integer that every JSON reader keeps exactly


def _in_use() -> frozenset[str]:
    """Return the codes that are legal tender somewhere today: no former or testing codes."""
    return frozenset(
        code
        for currencies in get_global("territory_currencies").values()
        for code, _since, until, is_tender in currencies
        if until is None and is_tender
    )


CURRENCIES = _in_use()


class CurrencyMismatch(ValueError):
    """Raised when amounts of two currencies meet: nothing in the portal converts."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`amount` in the currency's minor unit: `Money(1999, "EUR")` is 19.99 euro."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise ValueError(f"not an ISO 4217 code: {self.currency!r}")
        if abs(self.amount) > MAX_MINOR:
            raise ValueError(f"beyond {MAX_MINOR} minor units")

    def __add__(self, other: Self) -> Self:
        """Return the sum; raises CurrencyMismatch."""
        return type(self)(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Self) -> Self:
        """Return the difference; raises CurrencyMismatch."""
        return type(self)(self.amount - self._same(other).amount, self.currency)

    def times(self, factor: Decimal) -> Self:
        """Return the product rounded half-even to a whole minor unit (C17, invoice lines)."""
        product = (Decimal(self.amount) * factor).quantize(Decimal(1), ROUND_HALF_EVEN)
        return type(self)(int(product), self.currency)

    def split(self, shares: int) -> list[Self]:
        """Return `shares` amounts with the same sum; the first ones hold the remainder."""
        base, rest = divmod(self.amount, shares)
        amounts = [base + (1 if place < rest else 0) for place in range(shares)]
        return [type(self)(amount, self.currency) for amount in amounts]

    def major(self) -> Decimal:
        """Return the amount in the main unit, for example `Decimal("19.99")`."""
        return Decimal(self.amount).scaleb(-exponent(self.currency))

    def text(self, locale: str = "en") -> str:
        """Return the amount as people of `locale` write it, for example `€19.99`."""
        try:
            return self._written(locale.replace("-", "_"))
        except UnknownLocaleError:
            return self._written("en")

    def _written(self, locale: str) -> str:
        """Return the text with all decimals that the currency has, never rounded."""
        pattern = copy(Locale.parse(locale).currency_formats["standard"])
        pattern.frac_prec = (exponent(self.currency),) * 2
        return format_currency(
            self.major(), self.currency, format=pattern, locale=locale, currency_digits=False
        )

    def _same(self, other: Self) -> Self:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other


def exponent(currency: str) -> int:
    """Return the number of decimals of a currency: 0 for JPY, 3 for KWD, else 2 (ISO 4217).

    Not Babel's figure, which is what people write: it has none for MGA or RSD, ISO has two.
    """
    if currency in WITHOUT_DECIMALS:
        return 0
    return 3 if currency in WITH_THREE_DECIMALS else 2


def from_major(value: Decimal, currency: str) -> Money:
    """Return the amount of a value in the main unit, rounded half-even to the minor unit."""
    minor = value.scaleb(exponent(currency)).quantize(Decimal(1), ROUND_HALF_EVEN)
    return Money(int(minor), currency)
