"""Shapes of invitations and of coming in (P06, C17). No body carries a role but an invitation's."""

from rest_framework import serializers

from apps.accounts.link_serializers import NameField, PasswordField
from apps.accounts.models import Invitation, Membership, invitation_status
from apps.core.fields import ComputedField, InputSerializer, MillisecondField


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """An offer of a role to an address. Its link is in the mail and nowhere else."""

    client_id = serializers.UUIDField(read_only=True, allow_null=True)
    status = ComputedField(
        invitation_status, serializers.ChoiceField(choices=Invitation.Status.choices)
    )
    expires_at = MillisecondField(read_only=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Invitation
        fields = (
            "id", "email", "role", "client_id", "status", "expires_at", "created_at", "updated_at",
        )  # fmt: skip


class InvitationInputSerializer(InputSerializer):
    """Whom to invite; a contact needs his company."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    client_id = serializers.UUIDField(required=False, allow_null=True)


class RegisterSerializer(InputSerializer):
    """With `token`, the answer to an invitation; with `email`, an open sign-up."""

    token = serializers.CharField(max_length=200, required=False)
    email = serializers.EmailField(max_length=254, required=False)
    password = PasswordField()
    first_name = NameField(default="", allow_blank=True)
    last_name = NameField(default="", allow_blank=True)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        """Ask for one of the two, never both."""
        if ("token" in attrs) == ("email" in attrs):
            raise serializers.ValidationError({"token": "Send either a token or an e-mail."})
        return attrs
