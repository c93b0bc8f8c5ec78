"""People, memberships, sessions, links: all outside row security, see the security model."""

from apps.accounts.models.email_changes import EmailChange
from apps.accounts.models.invitations import (
    Invitation,
    InvitationQuerySet,
    Registration,
    invitation_status,
)
from apps.accounts.models.links import LinkRequest, OneTimeLink
from apps.accounts.models.people import Membership, MembershipQuerySet, User, UserQuerySet
from apps.accounts.models.sessions import RefreshToken, Session, SessionQuerySet, SignInAttempt

__all__ = [
    "EmailChange",
    "Invitation",
    "InvitationQuerySet",
    "LinkRequest",
    "Membership",
    "MembershipQuerySet",
    "OneTimeLink",
    "RefreshToken",
    "Registration",
    "Session",
    "SessionQuerySet",
    "SignInAttempt",
    "User",
    "UserQuerySet",
    "invitation_status",
]
