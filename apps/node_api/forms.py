"""Bodies of the old pages: an empty text means "not given", an unknown member is ignored."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

KINDS = (
    "required", "blank", "null", "invalid", "max_length", "min_length", "max_value", "min_value",
    "invalid_choice", "max_digits", "max_decimal_places", "max_whole_digits", "max_string_length",
    "not_a_list", "datetime", "date", "overflow",
)  # fmt: skip


def said(text: str) -> dict[str, Any]:
    """Return `error_messages` that say the same words about every fault of a field."""
    return dict.fromkeys(KINDS, text)


class OldForm(serializers.Serializer[Any]):
    """The base of bodies and query strings."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the typed values of the members that were given."""
        if isinstance(data, Mapping):
            data = {name: value for name, value in data.items() if value not in ("", None)}
        return super().to_internal_value(data)


class PageForm(OldForm):
    """The paging members of a list; the pages send none of them."""

    page = serializers.IntegerField(
        min_value=1, max_value=1_000_000, default=1,
        error_messages=said("Page must be a positive integer"),
    )  # fmt: skip
    limit = serializers.IntegerField(
        min_value=1, max_value=100, default=20,
        error_messages=said("Limit must be between 1 and 100"),
    )  # fmt: skip
    search = serializers.CharField(max_length=200, required=False)
    order = serializers.CharField(default="desc")

    def validate_order(self, text: str) -> str:
        """Return `asc` or `desc`, whatever the case."""
        if text.lower() not in {"asc", "desc"}:
            raise serializers.ValidationError("Order must be asc or desc")
        return text.lower()


class CheckBox(serializers.BooleanField):
    """A box of a form: `on` when it is ticked."""

    TRUE_VALUES = {*serializers.BooleanField.TRUE_VALUES, "on"}
