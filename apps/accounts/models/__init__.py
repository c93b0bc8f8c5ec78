"""People, memberships, sessions, links: all outside row security, see the security model."""

from apps.accounts.models.email_changes import (
    EmailChange,
)
from apps.accounts.models.factors import (
    Factor,
    FactorQuerySet,
    RecoveryCode,
    SignInChallenge,
    with_factors,
)
from apps.accounts.models.invitations import (
    Invitation,
    InvitationQuerySet,
    Registration,
    invitation_status,
)
from apps.accounts.models.keys import (
    ApiKey,
    ApiKeyQuerySet,
)
from apps.accounts.models.links import (
    LinkRequest,
    OneTimeLink,
)
from apps.accounts.models.people import (
    CustomRole,
    Membership,
    MembershipQuerySet,
    User,
    UserQuerySet,
)
from apps.accounts.models.sessions import (
    RefreshToken,
    Session,
    SessionQuerySet,
    SignInAttempt,
)
from apps.accounts.models.sign_on import (
    ExternalIdentity,
    SignOn,
    UsedProof,
)

__all__ = [
    "ApiKey",
    "ApiKeyQuerySet",
    "CustomRole",
    "EmailChange",
    "ExternalIdentity",
    "Factor",
    "FactorQuerySet",
    "Invitation",
    "InvitationQuerySet",
    "LinkRequest",
    "Membership",
    "MembershipQuerySet",
    "OneTimeLink",
    "RecoveryCode",
    "RefreshToken",
    "Registration",
    "Session",
    "SessionQuerySet",
    "SignInAttempt",
    "SignInChallenge",
    "SignOn",
    "UsedProof",
    "User",
    "UserQuerySet",
    "invitation_status",
    "with_factors",
]
