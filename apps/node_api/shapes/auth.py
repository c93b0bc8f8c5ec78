"""Bodies of sign-in, and the person as the old pages know him."""

import re
from typing import Any

from rest_framework import serializers

from apps.accounts.models import Membership, User
from apps.accounts.services import SignedIn
from apps.core import clock
from apps.core.actors import CLIENT
from apps.node_api.forms import OldForm, said

EMAIL = said("Valid email is required")
PASSWORD_RULE = "Password must be 8-128 characters with uppercase, lowercase, and number"  # noqa: S105
STRONG = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d).{8,128}", re.DOTALL)


class LoginForm(OldForm):
    email = serializers.EmailField(max_length=254, error_messages=EMAIL)
    password = serializers.CharField(
        max_length=1000, trim_whitespace=False, error_messages=said("Password is required")
    )


class RegisterForm(OldForm):
    """`role` is ignored: the old server made an admin of whoever asked."""

    email = serializers.EmailField(max_length=254, error_messages=EMAIL)
    password = serializers.CharField(trim_whitespace=False, error_messages=said(PASSWORD_RULE))
    name = serializers.CharField(
        max_length=100, error_messages=said("Name is required (1-100 characters)")
    )

    def validate_password(self, password: str) -> str:
        """Return it when it has lower case, upper case and a digit (the old rule, P07)."""
        if not STRONG.fullmatch(password):
            raise serializers.ValidationError(PASSWORD_RULE)
        return password


class TokenForm(OldForm):
    refreshToken = serializers.CharField(max_length=4000, required=False)  # noqa: N815  wire name


def role_of(role: str) -> str:
    """Return the old role: `client` for contacts, `admin` for all people of the studio."""
    return "client" if role == CLIENT else "admin"


def user_body(user: User, role: str) -> dict[str, Any]:
    """Return the `user` member of sign-in."""
    return {
        "id": str(user.id),
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "name": user.name,
        "role": role_of(role),
    }


def me_body(membership: Membership, last_login: Any) -> dict[str, Any]:
    """Return the `user` member of `/api/auth/me`."""
    user = membership.user
    return user_body(user, membership.role) | {
        "isActive": user.is_active and membership.is_active,
        "createdAt": clock.iso(user.created_at),
        "lastLogin": clock.iso(last_login) if last_login else None,
    }


def tokens_body(pair: SignedIn) -> dict[str, str]:
    """Return the pair under the old names."""
    return {"accessToken": pair.access_token, "refreshToken": pair.refresh_token}
