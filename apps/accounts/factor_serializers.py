"""Shapes of second factors, passkeys, recovery codes and proofs (P12, R18, R19, R25)."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from apps.accounts.models import Factor
from apps.accounts.serializers import TokenPairSerializer
from apps.core.fields import InputSerializer, MillisecondField

MOST_BYTES = 8192  # of one member of a credential; a registration with attestation has about 2 KB
MFA_TOKEN = "From the details of MFA_REQUIRED."  # noqa: S105  a help text
CODE = r"^[0-9]{6}$"


class FactorSerializer(serializers.ModelSerializer[Factor]):
    """An authenticator app or a passkey; `host` is the name that a passkey works for."""

    last_used_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Factor
        fields = ("id", "kind", "name", "host", "last_used_at", "created_at", "updated_at")


class FactorNameSerializer(InputSerializer):
    name = serializers.CharField(max_length=100)


class EnrolmentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    secret = serializers.CharField(help_text="Base32, to type where no picture can be read.")
    otpauth_uri = serializers.CharField()
    qr_svg = serializers.CharField(help_text="The address as a QR code.")


class CodeSerializer(InputSerializer):
    code = serializers.RegexField(CODE, help_text="The six digits that the app shows.")


class AddedFactorSerializer(serializers.Serializer[Any]):
    factor = FactorSerializer()
    recovery_codes = serializers.ListField(
        child=serializers.CharField(), help_text="Shown once; empty when there are codes already."
    )


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    recovery_codes = serializers.ListField(child=serializers.CharField(), help_text="Shown once.")


class RecoveryCodesLeftSerializer(serializers.Serializer[Any]):
    left = serializers.IntegerField()


class ChallengeSerializer(serializers.Serializer[Any]):
    challenge_id = serializers.UUIDField()
    options = serializers.JSONField(help_text="`publicKey` of navigator.credentials, as JSON.")


class CredentialField(serializers.JSONField):
    """What `PublicKeyCredential.toJSON()` gives, bounded; the ceremony reads the rest."""

    default_error_messages = {"shape": "Send the credential as the browser gave it."}

    def to_internal_value(self, data: Any) -> Any:
        """Return the object; raises ValidationError for what no browser sends."""
        if not isinstance(data, Mapping) or len(data) > 10 or not _is_bounded(data):
            self.fail("shape")
        return dict(data)


def _is_bounded(data: Mapping[Any, Any], depth: int = 3) -> bool:
    for value in data.values():
        if isinstance(value, str) and len(value) > MOST_BYTES:
            return False
        if isinstance(value, Mapping) and not (
            depth and len(value) <= 10 and _is_bounded(value, depth - 1)
        ):
            return False
        if isinstance(value, list) and len(value) > 10:
            return False
    return True


class AssertionSerializer(InputSerializer):
    challenge_id = serializers.UUIDField()
    credential = CredentialField()


class NewPasskeySerializer(AssertionSerializer):
    name = serializers.CharField(max_length=100, default="Passkey")


class OneOfSerializer(InputSerializer):
    """A body that gives exactly one of `ways`."""

    ways: tuple[str, ...] = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values; raises ValidationError for none and for two of them."""
        if sum(name in attrs for name in self.ways) != 1:
            raise serializers.ValidationError(f"Send exactly one of {', '.join(self.ways)}.")
        return attrs


class SecondFactorSerializer(OneOfSerializer):
    ways = ("code", "recovery_code", "passkey")
    mfa_token = serializers.CharField(max_length=200, help_text=MFA_TOKEN)
    code = serializers.RegexField(CODE, required=False)
    recovery_code = serializers.CharField(max_length=40, required=False)
    passkey = AssertionSerializer(required=False)


class ProofSerializer(OneOfSerializer):
    ways = ("password", "code", "passkey")
    password = serializers.CharField(max_length=1000, trim_whitespace=False, required=False)
    code = serializers.RegexField(CODE, required=False)
    passkey = AssertionSerializer(required=False)


class ProvedSerializer(serializers.Serializer[Any]):
    proved_until = MillisecondField()


class MfaTokenSerializer(InputSerializer):
    mfa_token = serializers.CharField(max_length=200, help_text=MFA_TOKEN)


class FirstCodeSerializer(MfaTokenSerializer):
    code = serializers.RegexField(CODE)


class EnrolledSerializer(TokenPairSerializer):
    """A token pair, and the recovery codes of the factor that was set up."""

    recovery_codes = serializers.ListField(child=serializers.CharField(), help_text="Shown once.")
