"""Who has a second factor, who must have one, and which sign-ins are asked for it (R18)."""

from apps.accounts.models import Factor, Membership

ONE_FACTOR = frozenset({"password", "magic_link"})
RECOVERY = "recovery_code"


def factor_kinds(membership: Membership) -> list[str]:
    """Return the kinds of the person's factors; no query for a row of `with_factors`."""
    if membership.factor_kinds is None:
        rows = Factor.objects.filter(user_id=membership.user_id).confirmed()
        membership.factor_kinds = sorted(set(rows.values_list("kind", flat=True)))
    return membership.factor_kinds


def ways_of(kinds: list[str]) -> list[str]:
    """Return what may be given as second factor: a recovery code stands in for any."""
    return [*sorted(kinds, reverse=True), RECOVERY]


def is_required(membership: Membership) -> bool:
    """Whether the organization asks this person for a second factor, by role or by company."""
    organization = membership.organization
    if membership.role in organization.setting("security.mfa_required_roles"):
        return True
    asked = organization.setting("security.mfa_required_client_ids")
    return any(str(client_id) in asked for client_id in membership.client_ids)


def is_missing(membership: Membership, method: str) -> bool:
    """Whether a session of `method` lacks a factor that its person must have."""
    return method in ONE_FACTOR and is_required(membership) and not factor_kinds(membership)
