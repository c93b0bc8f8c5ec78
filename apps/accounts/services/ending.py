"""The end of all sessions of one person in one organization."""

from apps.accounts.models import Membership, Session
from apps.accounts.services.sessions import end_sessions
from apps.core.actors import Actor


def end_sessions_of(actor: Actor, membership: Membership, *, reason: str) -> int:
    """End the live sessions of a membership and their sockets; return how many there were."""
    live = Session.objects.filter(membership=membership).live()
    sessions = list(live.select_for_update(of=("self",)).order_by("id"))
    return end_sessions(actor, sessions, reason=reason)
