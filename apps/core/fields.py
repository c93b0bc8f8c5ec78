"""Serializer fields that fix one JSON form for one kind of value, and strict input."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models.expressions import Combinable
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core import clock
from apps.core.money import CURRENCIES, MAX_MINOR, Money


@extend_schema_field(OpenApiTypes.DATETIME)
class MillisecondField(serializers.DateTimeField):
    """A timestamp as ISO 8601 in UTC with milliseconds and `Z`."""

    def to_representation(self, value: datetime) -> str:
        """Return, for example, `2026-11-21T03:58:46.120Z`; microseconds are cut."""
        return clock.iso(value)


class AmountSerializer(serializers.Serializer[Any]):
    """Money on the wire: `{"amount": 129900, "currency": "EUR"}`, read from two columns."""

    amount = serializers.IntegerField()
    currency = serializers.CharField()

    def __init__(
        self, *, amount: str = "amount", currency: str = "currency", **kwargs: Any
    ) -> None:
        kwargs.setdefault("read_only", True)
        super().__init__(source="*", **kwargs)
        self.columns = (amount, currency)

    def get_fields(self) -> dict[str, Any]:
        """Return the two fields with the columns that this instance was made for."""
        amount, currency = self.columns
        return {
            "amount": serializers.IntegerField(**_source("amount", amount)),
            "currency": serializers.CharField(**_source("currency", currency)),
        }

    def __deepcopy__(self, memo: dict[int, Any]) -> "AmountSerializer":
        amount, currency = self.columns
        return type(self)(amount=amount, currency=currency, **_kept(self))


def _source(name: str, column: str) -> dict[str, Any]:
    return {} if name == column else {"source": column}


def _kept(field: serializers.Field[Any, Any, Any, Any]) -> dict[str, Any]:
    kwargs = dict(vars(field)["_kwargs"])  # as DRF copies its own fields
    for name in ("source", "amount", "currency"):
        kwargs.pop(name, None)
    return kwargs


class MoneyField(serializers.Field[Money, Any, Any, Any]):
    """Money in a body, checked against ISO 4217; gives a `Money`."""

    default_error_messages = {
        "shape": "Send an object with `amount` (minor units) and `currency`.",
        "amount": "`amount` must be a whole number of minor units from {low} to {high}.",
        "currency": "`currency` must be an ISO 4217 code such as EUR.",
    }

    def __init__(
        self, *, min_amount: int = -MAX_MINOR, max_amount: int = MAX_MINOR, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.low, self.high = min_amount, max_amount

    def to_internal_value(self, data: Any) -> Money:
        """Return the money; raises ValidationError."""
        if not isinstance(data, Mapping) or set(data) != {"amount", "currency"}:
            self.fail("shape")
        amount, currency = data["amount"], data["currency"]
        whole = isinstance(amount, int) and not isinstance(amount, bool)
        if not whole or not self.low <= amount <= self.high:
            self.fail("amount", low=self.low, high=self.high)
        if currency not in CURRENCIES:
            self.fail("currency")
        return Money(amount, currency)

    def to_representation(self, value: Money) -> dict[str, Any]:
        """Return the wire form."""
        return {"amount": value.amount, "currency": value.currency}


class ComputedField(serializers.Field[Any, Any, Any, Any]):
    """A read-only value that PostgreSQL computes for the row, such as a count.

    `expression(prefix)` gives the ORM expression; `shape` is the field that documents it.
    """

    def __init__(
        self,
        expression: Callable[[str], Combinable],
        shape: serializers.Field[Any, Any, Any, Any],
        **kwargs: Any,
    ) -> None:
        kwargs["read_only"] = True
        super().__init__(**kwargs)
        self.row_expression = expression
        self.shape = shape

    def to_representation(self, value: Any) -> Any:
        """Return an annotated value as it is."""
        return value


class InputSerializer(serializers.Serializer[Any]):
    """A body: every field is named, and an unknown one is refused with its name (P21)."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the typed values; raises ValidationError for unknown fields too."""
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in set(data) - set(self.fields))[:20]
            if unknown:
                fault = serializers.ErrorDetail("This field is not known here.", code="unknown")
                raise serializers.ValidationError({name[:100]: [fault] for name in unknown})
        return super().to_internal_value(data)


class QuantityField(serializers.DecimalField):
    """A decimal as text, for example a quantity `"1.5"` or a tax rate `"19"`."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 12)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(**kwargs)

    def to_representation(self, value: Decimal) -> str:
        """Return the digits that the column stores."""
        return str(value)


class JobTicketSerializer(serializers.Serializer[Any]):
    """The answer to a request for long work: 202, and where it can be followed (C1)."""

    job_id = serializers.UUIDField()
    status_url = serializers.CharField()
