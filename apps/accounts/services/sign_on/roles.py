"""The role that a provider's groups give, and what happens when they change (P111).

Nobody becomes or stops being an owner by a claim, and a client company's provider makes contacts
only. Who loses a right by a change loses his other sessions, too.
"""

from typing import Any

from apps.accounts.models import ExternalIdentity, Membership, Session, User
from apps.accounts.permissions import RULES
from apps.accounts.providers import Identity
from apps.accounts.services.sessions import end_sessions
from apps.accounts.services.sign_on.entries import Entry
from apps.core.actors import ADMIN, CLIENT, OWNER
from apps.events.outbox import record

STRONGEST_FIRST = (ADMIN, "staff", "accountant", CLIENT)


def role_of(entry: Entry, identity: Identity) -> str:
    """Return the role of a person: the strongest that his groups give, else the default."""
    if entry.client_id is not None:
        return CLIENT
    given = {entry.roles[group] for group in _groups(identity, entry) if group in entry.roles}
    return next((role for role in STRONGEST_FIRST if role in given), entry.default_role)


def follow_role_map(
    entry: Entry, identity: Identity, membership: Membership, known: ExternalIdentity
) -> None:
    """Give a locked membership the role that its groups say now, with an audit entry.

    Without a role map the role is the studio's own business. A contact of client companies stays
    one: taking his companies from him is no matter of a group.
    """
    old = membership.role
    if not entry.roles or old == OWNER or membership.client_ids:
        return
    new = role_of(entry, identity)
    if new == old:
        return
    membership.role = new
    membership.save(update_fields=["role"])
    membership.user.is_staff = new == ADMIN
    User.objects.filter(id=membership.user_id).update(is_staff=membership.user.is_staff)
    actor = membership.actor()
    record(
        actor, "role.changed", known, user_ids=[membership.user_id],
        before={"role": old}, after={"role": new, "provider": entry.name},
    )  # fmt: skip
    if _loses_a_right(old, new):
        sessions = Session.objects.filter(membership=membership).live()
        locked = sessions.select_for_update(of=("self",)).order_by("id")
        end_sessions(actor, list(locked), reason="role_changed")


def _groups(identity: Identity, entry: Entry) -> list[str]:
    value: Any = identity.claims.get(entry.role_claim, [])
    found = value if isinstance(value, list | tuple) else [value]
    return [item for item in found if isinstance(item, str)]


def _loses_a_right(old: str, new: str) -> bool:
    return any(old in roles and new not in roles for roles in RULES.values())
