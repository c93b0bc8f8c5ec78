"""Shapes of people's administration and of roles (C17, R29, R144)."""

from typing import Any

from rest_framework import serializers

from apps.accounts.models import CustomRole, Membership
from apps.accounts.serializers import UserSerializer
from apps.core.fields import InputSerializer, MillisecondField


class MemberSerializer(UserSerializer):
    """A person as his administrators see him."""

    custom_role_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "custom_role_id")  # type: ignore[assignment]


class MemberChangeSerializer(InputSerializer):
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    is_active = serializers.BooleanField()
    custom_role_id = serializers.UUIDField(required=False, allow_null=True)


class DepartureInputSerializer(InputSerializer):
    successor_id = serializers.UUIDField(help_text="Who takes over; a person of the team.")


class DepartureSerializer(serializers.Serializer[Any]):
    """What moved to the successor, and how many keys ended."""

    user_id = serializers.UUIDField()
    successor_id = serializers.UUIDField()
    moved = serializers.DictField(child=serializers.IntegerField())


class CustomRoleSerializer(serializers.ModelSerializer[CustomRole]):
    denied = serializers.ListField(child=serializers.CharField(), read_only=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = CustomRole
        fields = ("id", "name", "base", "denied", "created_at", "updated_at")


class RoleSerializer(serializers.Serializer[Any]):
    """A role as the page of roles shows it; built-in ones have no id."""

    id = serializers.UUIDField(allow_null=True)
    kind = serializers.ChoiceField(choices=("built_in", "custom", "contact"))
    name = serializers.CharField()
    base = serializers.CharField(allow_null=True)
    actions = serializers.ListField(child=serializers.CharField())
    denied = serializers.ListField(child=serializers.CharField())


class RoleInputSerializer(InputSerializer):
    name = serializers.CharField(max_length=60)
    base = serializers.ChoiceField(choices=CustomRole.Base.choices)
    denied = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=100,
        help_text="Actions of the base that people with this role may not do.",
    )  # fmt: skip
