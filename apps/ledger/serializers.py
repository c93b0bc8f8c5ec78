"""How a posting is shown (C17): one line of an entry with the account it moves."""

from django.db.models import BigIntegerField, F, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest
from rest_framework import serializers

from apps.core.fields import AmountSerializer, ComputedField, MillisecondField
from apps.core.json_text import JsonObject
from apps.ledger.models import Posting


def _side(sign: int) -> ComputedField:
    """Return one side of a posting as money; the other side of the same posting is zero."""

    def expression(prefix: str) -> Combinable:
        signed = F(f"{prefix}amount") * Value(sign, output_field=BigIntegerField())
        amount = Greatest(signed, Value(0, output_field=BigIntegerField()))
        return JsonObject({"amount": amount, "currency": F(f"{prefix}currency")})

    return ComputedField(expression, AmountSerializer())


class LedgerEntrySerializer(serializers.ModelSerializer[Posting]):
    kind = serializers.CharField(source="entry.kind", read_only=True)
    account = serializers.CharField(source="account.code", read_only=True)
    owner_id = serializers.UUIDField(
        source="account.owner_id",
        read_only=True,
        allow_null=True,
        help_text="The client or connection that the account belongs to.",
    )
    debit = _side(1)
    credit = _side(-1)
    entry_id = serializers.UUIDField(read_only=True)
    event_id = serializers.UUIDField(source="entry.event_id", read_only=True, allow_null=True)
    invoice_id = serializers.UUIDField(source="entry.invoice_id", read_only=True, allow_null=True)
    payment_id = serializers.UUIDField(source="entry.payment_id", read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(
        source="created_at", read_only=True, help_text="As created_at: nothing changes here."
    )

    class Meta:
        model = Posting
        fields = (
            "id", "entry_id", "kind", "account", "owner_id", "debit", "credit", "currency",
            "event_id", "invoice_id", "payment_id", "created_at", "updated_at",
        )  # fmt: skip
