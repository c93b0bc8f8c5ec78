"""Shapes of API keys and service accounts (C17, R142)."""

from rest_framework import serializers

from apps.accounts.models import ApiKey, Membership
from apps.accounts.services.machines import ROLES
from apps.core.fields import InputSerializer, MillisecondField


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key without its text, which nobody can read again."""

    user_id = serializers.UUIDField(read_only=True, help_text="Who it acts as.")
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    addresses = serializers.ListField(child=serializers.CharField(), read_only=True)
    expires_at = MillisecondField(read_only=True, allow_null=True)
    last_used_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = ApiKey
        fields = (
            "id", "name", "prefix", "user_id", "scopes", "addresses", "expires_at",
            "last_used_at", "created_at", "updated_at",
        )  # fmt: skip


class NewApiKeySerializer(ApiKeySerializer):
    """The same with the text, this once, and a line that uses it (R11)."""

    key = serializers.CharField()
    example = serializers.CharField(help_text="A command that reads something with the key.")

    class Meta(ApiKeySerializer.Meta):
        fields = (*ApiKeySerializer.Meta.fields, "key", "example")  # type: ignore[assignment]


class ApiKeyChangeSerializer(InputSerializer):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=40), min_length=1, max_length=60,
        help_text="`<area>:read` or `<area>:write`.",
    )  # fmt: skip
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    addresses = serializers.ListField(
        child=serializers.CharField(max_length=43), required=False, max_length=50,
        help_text="Networks that the key may be used from, as 203.0.113.0/24; empty: anywhere.",
    )  # fmt: skip


class AccountKeyInputSerializer(ApiKeyChangeSerializer):
    """A key of the service account in the path."""


class ApiKeyInputSerializer(ApiKeyChangeSerializer):
    service_account_id = serializers.UUIDField(
        required=False, help_text="Make the key for a service account and not for yourself."
    )


class ServiceAccountSerializer(serializers.ModelSerializer[Membership]):
    """A program that works for the organization, shown under its user's id."""

    id = serializers.UUIDField(source="user_id", read_only=True)
    name = serializers.CharField(source="user.first_name", read_only=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "name", "role", "is_active", "created_at", "updated_at")


class ServiceAccountInputSerializer(InputSerializer):
    name = serializers.CharField(max_length=100)
    role = serializers.ChoiceField(choices=ROLES)


class ServiceAccountChangeSerializer(ServiceAccountInputSerializer):
    is_active = serializers.BooleanField(required=False)
