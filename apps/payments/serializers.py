"""Shapes of payments (C17)."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.fields import (
    AmountSerializer,
    ComputedField,
    InputSerializer,
    MillisecondField,
    MoneyField,
)
from apps.payments.models import WIRE_STATUSES, Payment, wire_status
from apps.payments.providers.fake import CARDS


class NextActionSerializer(serializers.Serializer[Any]):
    """What the payer has to do: go to `url`, or act elsewhere when that is null."""

    type = serializers.CharField()
    url = serializers.URLField(allow_null=True)


@extend_schema_field(NextActionSerializer(allow_null=True))
class NextActionField(serializers.JSONField):
    """The stored action as it is."""


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    invoice_id = serializers.UUIDField(read_only=True)
    amount = AmountSerializer()
    amount_refunded = AmountSerializer(amount="refunded")
    status = ComputedField(wire_status, serializers.ChoiceField(choices=WIRE_STATUSES))
    provider_ref = serializers.CharField(read_only=True, allow_null=True)
    next_action = NextActionField(source="action", read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Payment
        fields = (
            "id", "invoice_id", "provider", "amount", "amount_refunded", "status", "method",
            "provider_ref", "decline_code", "next_action", "created_at", "updated_at",
        )  # fmt: skip


class PaymentWishSerializer(InputSerializer):
    """How to pay. Without `amount` all that is due is paid."""

    provider = serializers.CharField(max_length=30)
    amount = MoneyField(min_amount=1, required=False, allow_null=True)
    card = serializers.ChoiceField(
        choices=sorted(CARDS),
        required=False,
        help_text="For the fake provider: the test card that decides what happens.",
    )
