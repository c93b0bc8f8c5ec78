"""Shapes of sign-in, people and sessions (P01, C17)."""

from typing import Any

from django.db import models
from django.db.models.expressions import Combinable
from rest_framework import serializers

from apps.accounts.models import Membership, Session
from apps.core.fields import ComputedField, InputSerializer, MillisecondField
from apps.core.statements import CURRENT_SESSION_MARK
from apps.organizations.models import Organization


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    class Meta:
        model = Organization
        fields = ("id", "name", "slug")


class SignedInPersonSerializer(serializers.Serializer[Any]):
    """The person who signed in, as P01 shows him."""

    id = serializers.UUIDField(source="user.id")
    email = serializers.EmailField(source="user.email")
    first_name = serializers.CharField(source="user.first_name")
    last_name = serializers.CharField(source="user.last_name")
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    organization = OrganizationSerializer()


class LoginSerializer(InputSerializer):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    access_seconds = serializers.IntegerField(
        min_value=1,
        max_value=900,
        required=False,
        help_text="Ask for a first access token that lives shorter than 15 minutes.",
    )


class RefreshSerializer(InputSerializer):
    refresh_token = serializers.CharField(max_length=4000)


class HandoffSerializer(InputSerializer):
    code = serializers.CharField(max_length=200, help_text="From the fragment of the address.")


class TokenPairSerializer(serializers.Serializer[Any]):
    user = SignedInPersonSerializer(source="membership")
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.SerializerMethodField()
    expires_in = serializers.IntegerField(help_text="Seconds.")

    def get_token_type(self, _pair: Any) -> str:
        """Return the scheme of RFC 6750."""
        return "Bearer"


def _is_current(prefix: str) -> Combinable:
    mine = models.Q(**{f"{prefix}id": CURRENT_SESSION_MARK})
    return models.ExpressionWrapper(mine, models.BooleanField())


def _network(prefix: str) -> Combinable:
    """The address without its last part: enough to know a place, too little to find a person."""
    text = models.CharField()
    shorter = models.Func(
        f"{prefix}address", models.Value(r"\.\d+$"), models.Value(".x"),
        function="regexp_replace", output_field=text,
    )  # fmt: skip
    return models.Func(
        shorter, models.Value("^(([0-9a-f]{0,4}:){3}).*$"), models.Value(r"\1:x"),
        function="regexp_replace", output_field=text,
    )  # fmt: skip


class SessionSerializer(serializers.ModelSerializer[Session]):
    """A device of the person (R23). `current` marks the one that asks."""

    device = serializers.CharField(source="user_agent")
    ip = ComputedField(_network, serializers.CharField(help_text="Shortened: `203.0.113.x`."))
    current = ComputedField(_is_current, serializers.BooleanField())
    first_used_at = MillisecondField(source="created_at", read_only=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)
    last_used_at = MillisecondField(read_only=True)

    class Meta:
        model = Session
        fields = (
            "id", "device", "ip", "user_agent", "method", "current", "first_used_at",
            "last_used_at", "created_at", "updated_at",
        )  # fmt: skip


class UserSerializer(serializers.ModelSerializer[Membership]):
    """A person of the organization (C17): rows of memberships, shown under the person's id."""

    id = serializers.UUIDField(source="user_id", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    first_name = serializers.CharField(source="user.first_name", read_only=True)
    last_name = serializers.CharField(source="user.last_name", read_only=True)
    phone = serializers.CharField(source="user.phone", read_only=True)
    locale = serializers.CharField(source="user.locale", read_only=True)
    timezone = serializers.CharField(source="user.timezone", read_only=True)
    client_ids = serializers.ListField(child=serializers.UUIDField(), read_only=True)
    last_login_at = MillisecondField(source="user.last_login", read_only=True, allow_null=True)
    created_at = MillisecondField(source="user.created_at", read_only=True)
    updated_at = MillisecondField(source="user.updated_at", read_only=True)

    class Meta:
        model = Membership
        fields = (
            "id", "email", "first_name", "last_name", "role", "phone", "locale", "timezone",
            "is_active", "client_ids", "last_login_at", "created_at", "updated_at",
        )  # fmt: skip


class PasswordChangeSerializer(InputSerializer):
    current_password = serializers.CharField(max_length=1000, trim_whitespace=False)
    new_password = serializers.CharField(max_length=1000, trim_whitespace=False)


class ProfileSerializer(InputSerializer):
    """What a person may change of himself."""

    first_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    locale = serializers.RegexField(r"^[a-z]{2}(-[A-Z]{2})?$", required=False)
    timezone = serializers.CharField(max_length=60, required=False)
