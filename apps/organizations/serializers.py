"""Shapes of the settings document's neighbours: versions, secrets, domains, the public face."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.fields import InputSerializer, MillisecondField
from apps.organizations.document.shapes import HOST, NAME
from apps.organizations.models import ConfigVersion, Domain, OrganizationSecret


@extend_schema_field(OpenApiTypes.OBJECT)
class DocumentField(serializers.JSONField):
    """The settings document; `/organization/config/schema` describes it."""


class AuthorSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(read_only=True)
    first_name = serializers.CharField(read_only=True)
    last_name = serializers.CharField(read_only=True)


class ConfigVersionSerializer(serializers.ModelSerializer[ConfigVersion]):
    """A version in the list: who changed what, and when (R141)."""

    author = AuthorSerializer(read_only=True, allow_null=True)
    changed = serializers.ListField(child=serializers.CharField(), read_only=True)
    created_at = MillisecondField(read_only=True)

    class Meta:
        model = ConfigVersion
        fields = ("id", "number", "author", "changed", "created_at")


class ConfigVersionDetailSerializer(ConfigVersionSerializer):
    document = DocumentField(read_only=True)

    class Meta:
        model = ConfigVersion
        fields = ("id", "number", "author", "changed", "created_at", "document")


class SettingChangeSerializer(serializers.Serializer[Any]):
    op = serializers.ChoiceField(choices=["add", "remove", "replace"])
    path = serializers.CharField(help_text="JSON Pointer (RFC 6901).")
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class ConfigNoticeSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class ConfigOutcomeSerializer(serializers.Serializer[Any]):
    """What a change did, or what a checked one would do."""

    number = serializers.IntegerField()
    changes = SettingChangeSerializer(many=True)
    notices = ConfigNoticeSerializer(many=True)
    document = DocumentField()


class ConfigDifferenceSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    compared_with = serializers.IntegerField()
    changes = SettingChangeSerializer(many=True)


class ConfigRollbackSerializer(InputSerializer):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class StoredSecretSerializer(serializers.ModelSerializer[OrganizationSecret]):
    """A secret as it may be shown: its name, its end, its times."""

    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = OrganizationSecret
        fields = ("id", "name", "last_four", "created_at", "updated_at")


class SecretValueSerializer(InputSerializer):
    value = serializers.CharField(max_length=20_000, trim_whitespace=False)


class SecretNameSerializer(InputSerializer):
    name = serializers.RegexField(NAME[:-1] + r"\Z", max_length=40, trim_whitespace=False)


class DomainSerializer(serializers.ModelSerializer[Domain]):
    verified_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Domain
        fields = ("id", "name", "proof", "verified_at", "created_at", "updated_at")


class DomainNameSerializer(InputSerializer):
    domain = serializers.RegexField(HOST[:-1] + r"\Z", max_length=253, trim_whitespace=False)


class DomainRecordSerializer(serializers.Serializer[Any]):
    """The text record that proves a claim."""

    name = serializers.CharField()
    type = serializers.CharField()
    value = serializers.CharField()


class DomainClaimSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    domain = serializers.CharField()
    verified_at = MillisecondField(allow_null=True)
    record = DomainRecordSerializer()


class BootstrapSerializer(serializers.Serializer[Any]):
    """What a client needs before it draws anything."""

    organization = serializers.DictField(child=serializers.CharField())
    branding = DocumentField()
    features = serializers.ListField(child=serializers.CharField())
    locale = DocumentField()
    sign_in = DocumentField()
