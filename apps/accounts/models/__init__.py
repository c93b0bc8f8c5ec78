"""People, memberships, keys, sessions, links: outside row security, see the security model."""

from apps.accounts.models.keys import ApiKey, ApiKeyQuerySet
from apps.accounts.models.links import OneTimeLink
from apps.accounts.models.people import (
    CustomRole,
    Membership,
    MembershipQuerySet,
    User,
    UserQuerySet,
)
from apps.accounts.models.sessions import RefreshToken, Session, SessionQuerySet, SignInAttempt

__all__ = [
    "ApiKey",
    "ApiKeyQuerySet",
    "CustomRole",
    "Membership",
    "MembershipQuerySet",
    "OneTimeLink",
    "RefreshToken",
    "Session",
    "SessionQuerySet",
    "SignInAttempt",
    "User",
    "UserQuerySet",
]
