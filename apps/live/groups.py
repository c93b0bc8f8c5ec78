"""The groups of the channel layer: which a socket joins, and which an event goes to.

Every event goes to exactly one group of each person who may see it, so a socket that is in all
groups of its person hears of it once. `tests/live/test_groups.py` compares both with `visible_to`.
"""

from collections.abc import Iterator
from uuid import UUID

from apps.core.actors import ACCOUNTANT, ADMIN, CLIENT, OWNER, STAFF, Actor
from apps.events.models import MONEY_AREAS, Event

LEADERS = "leaders"  # owner and admin see the same
KIND_OF_TEAM = {OWNER: LEADERS, ADMIN: LEADERS, STAFF: STAFF, ACCOUNTANT: ACCOUNTANT}


def of_user(organization_id: UUID, user_id: UUID) -> str:
    """The sockets of one person."""
    return f"user.{organization_id}.{user_id}"


def of_session(session_id: UUID) -> str:
    """The sockets of one session, to end them."""
    return f"session.{session_id}"


def of_client(organization_id: UUID, client_id: UUID) -> str:
    """The contacts of one company."""
    return f"client.{organization_id}.{client_id}"


def of_team(organization_id: UUID, kind: str) -> str:
    """A part of the team: `leaders`, `staff` or `accountant`."""
    return f"team.{kind}.{organization_id}"


def of_contacts(organization_id: UUID) -> str:
    """All contacts of an organization: for what the team shows of itself, never for events."""
    return f"contacts.{organization_id}"


def of_conversation(conversation_id: UUID) -> str:
    """Who has a conversation open, for typing."""
    return f"conversation.{conversation_id}"


def joined_by(actor: Actor) -> frozenset[str]:
    """Return all groups of a person's socket."""
    own = {of_user(actor.organization_id, actor.user_id)}
    if actor.session_id is not None:
        own.add(of_session(actor.session_id))
    if actor.role == CLIENT:
        own.add(of_contacts(actor.organization_id))
        return frozenset(own | {of_client(actor.organization_id, c) for c in actor.client_ids})
    return frozenset(own | {of_team(actor.organization_id, KIND_OF_TEAM[actor.role])})


def reached_by(event: Event) -> Iterator[str]:
    """Yield the groups of those who may see an event."""
    organization_id = event.organization_id
    if event.audience == Event.Audience.USER:
        for user_id in dict.fromkeys(event.user_ids or []):
            yield of_user(organization_id, user_id)
        return
    yield of_team(organization_id, LEADERS)
    if event.audience == Event.Audience.SYSTEM:
        return
    yield of_team(organization_id, STAFF)
    if event.aggregate_type in MONEY_AREAS:
        yield of_team(organization_id, ACCOUNTANT)
    if event.audience == Event.Audience.CLIENT and event.client_id is not None:
        yield of_client(organization_id, event.client_id)


def neighbours_of(actor: Actor) -> Iterator[str]:
    """Yield the groups that see a person's presence: the team, and all contacts or colleagues."""
    for kind in dict.fromkeys(KIND_OF_TEAM.values()):
        yield of_team(actor.organization_id, kind)
    if actor.is_team:
        yield of_contacts(actor.organization_id)
    for client_id in actor.client_ids:
        yield of_client(actor.organization_id, client_id)
