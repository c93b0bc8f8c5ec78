"""People, memberships, sessions, links: all outside row security, see the security model."""

from apps.accounts.models.links import OneTimeLink
from apps.accounts.models.people import Membership, MembershipQuerySet, User, UserQuerySet
from apps.accounts.models.sessions import RefreshToken, Session, SessionQuerySet, SignInAttempt
from apps.accounts.models.sign_on import ExternalIdentity, SignOn, UsedProof

__all__ = [
    "ExternalIdentity",
    "Membership",
    "MembershipQuerySet",
    "OneTimeLink",
    "RefreshToken",
    "Session",
    "SessionQuerySet",
    "SignInAttempt",
    "SignOn",
    "UsedProof",
    "User",
    "UserQuerySet",
]
