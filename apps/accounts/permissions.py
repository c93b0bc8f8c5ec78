"""Who may do what: two tables (C18, R29). Services ask them; the pages of roles are made of them.

A contact needs both: `RULES` lets contacts in, `CONTACT_RULES` says with which role at the company.

Visibility is another question, answered by `visible_to`: what a person cannot see is 404, what
he sees and may not do is 403.
"""

from collections.abc import Collection
from uuid import UUID

from apps.core.actors import ACCOUNTANT, ADMIN, CLIENT, OWNER, STAFF, SYSTEM, Actor
from apps.core.errors import PermissionDenied

LEADERS = frozenset({OWNER, ADMIN})
WORKERS = LEADERS | {STAFF}
MONEY = LEADERS | {ACCOUNTANT}
TEAM = WORKERS | {ACCOUNTANT}
ALL = TEAM | {CLIENT}

RULES: dict[str, frozenset[str]] = {
    "organization.read": LEADERS,
    "organization.write": LEADERS,
    "organization.bill": frozenset({OWNER}),
    "users.read": TEAM,
    "users.write": LEADERS,
    "roles.read": TEAM,
    "roles.write": frozenset({OWNER}),
    "service_accounts.write": LEADERS,
    "api_keys.own": ALL,
    "clients.read": ALL,
    "clients.write": WORKERS,
    "contacts.write": WORKERS | {CLIENT},
    "contacts.invite": WORKERS,
    "projects.read": ALL,
    "projects.write": WORKERS,
    "project_members.write": WORKERS,
    "phases.advance": WORKERS,
    "phase_actions.complete": WORKERS | {CLIENT},
    "files.read": WORKERS | {CLIENT},
    "files.write": WORKERS | {CLIENT},
    "files.share": WORKERS,
    "approvals.read": WORKERS | {CLIENT},
    "approvals.write": WORKERS,
    "approvals.decide": frozenset({CLIENT}),
    "invoices.read": ALL,
    "invoices.draft": WORKERS | MONEY,
    "invoices.write": MONEY,
    "payments.read": ALL,
    "payments.pay": MONEY | {CLIENT},
    "ledger.read": TEAM,
    "conversations.write": ALL,
    "notifications.own": ALL,
    "sessions.own": ALL,
    "connections.read": WORKERS,
    "connections.write": LEADERS,
    "events.read": ALL,
    "audit.read": LEADERS,
    "exports.own": ALL,
    "exports.of_others": LEADERS,
    "people.erase": frozenset({OWNER}),
}


VIEWER, MEMBER, APPROVER, CONTACT_ADMIN = "viewer", "member", "approver", "admin"
CONTACT_ROLES = (VIEWER, MEMBER, APPROVER, CONTACT_ADMIN)
ACTIVE = frozenset({MEMBER, APPROVER, CONTACT_ADMIN})
DECIDING = frozenset({APPROVER, CONTACT_ADMIN})
CONTACT_RULES: dict[str, frozenset[str]] = {
    "phase_actions.complete": ACTIVE,
    "files.write": ACTIVE,
    "conversations.write": ACTIVE,
    "approvals.decide": DECIDING,
    "payments.pay": DECIDING,
    "contacts.write": frozenset({CONTACT_ADMIN}),
}


# No code asks for this yet, so that taking them away would promise what nothing keeps.
UNASKED = frozenset({"files.share"})


def may(actor: Actor, action: str, client_id: UUID | None = None) -> bool:
    """Whether the actor's role allows the action; the system may do everything.

    For a contact `client_id` is the company that the action is about. Without one a role at any
    of his companies will do, and one who has no company yet counts as a member.
    """
    if actor.role == SYSTEM:
        return True
    if actor.role not in RULES[action] or action in actor.denied:
        return False
    if not actor.is_client or action not in CONTACT_RULES:
        return True
    if client_id is not None:
        return actor.contact_role(client_id) in CONTACT_RULES[action]
    return not CONTACT_RULES[action].isdisjoint(actor.contact_roles or {MEMBER})


def require(actor: Actor, action: str, client_id: UUID | None = None) -> None:
    """Raise PermissionDenied unless `may` says yes."""
    if not may(actor, action, client_id):
        raise PermissionDenied


def actions_of(role: str, denied: Collection[str] = ()) -> frozenset[str]:
    """Return what a role may do, without what a custom role takes away."""
    return frozenset(name for name, roles in RULES.items() if role in roles) - frozenset(denied)


def require_grantable(actor: Actor, role: str, denied: Collection[str] = ()) -> None:
    """Raise PermissionDenied for a role that may do more than the actor: nobody gives away more."""
    if not actions_of(role, denied) <= actions_of(actor.role, actor.denied):
        raise PermissionDenied(rule="above_own_role")


def contact_actions_of(contact_role: str) -> frozenset[str]:
    """Return what a contact with a role at a company may do there."""
    return frozenset(
        action
        for action in actions_of(CLIENT)
        if action not in CONTACT_RULES or contact_role in CONTACT_RULES[action]
    )


def deniable(base: str) -> frozenset[str]:
    """Return the actions that a custom role may take away: not what is a person's own."""
    own = frozenset(name for name in RULES if name.endswith(".own"))
    return actions_of(base) - own - UNASKED
