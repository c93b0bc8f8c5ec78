"""Who may do what: one table (C18). Services ask it; the access matrix in docs is made from it.

Visibility is another question, answered by `visible_to`: what a person cannot see is 404, what
he sees and may not do is 403.
"""

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
    "clients.read": ALL,
    "clients.write": WORKERS,
    "contacts.write": WORKERS,
    "contacts.invite": WORKERS,
    "projects.read": ALL,
    "projects.write": WORKERS,
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


def may(actor: Actor, action: str) -> bool:
    """Whether the actor's role allows the action; the system may do everything."""
    return actor.role == SYSTEM or actor.role in RULES[action]


def require(actor: Actor, action: str) -> None:
    """Raise PermissionDenied unless the actor's role allows the action."""
    if not may(actor, action):
        raise PermissionDenied
