"""What a socket asks of the database: blocking, short, each in a transaction of its own.

The consumers call these in a thread (`apps.core.sync`) and hold no query themselves.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.authentication import credentials_of
from apps.accounts.errors import TokenInvalid
from apps.accounts.permissions import LEADERS, MONEY
from apps.accounts.tokens import ACCESS, read_token
from apps.clients.models import Client
from apps.core.actors import Actor
from apps.core.tenancy import organization_scope
from apps.events.models import Event, Head
from apps.invoices.models import Invoice
from apps.live.hints import ADMIN, ANALYTICS, ME, Hint, hint_of
from apps.messaging.models import Conversation
from apps.projects.models import Project

REPLAYED = 1000
MODELS: dict[str, Any] = {
    "clients": Client, "projects": Project, "invoices": Invoice, "conversations": Conversation,
}  # fmt: skip


class UnknownTopic(ValueError):
    """The text is no topic of C15."""


@dataclass(frozen=True, slots=True)
class Missed:
    """What a socket missed: hints in order, and the numbers that are too many to tell."""

    hints: list[Hint]
    through: int
    gap: tuple[int, int] | None


def sign_in(token: str) -> Actor | None:
    """Return whose access token this is, or None when its session has ended.

    Raises TokenInvalid, TokenExpired for a text that is no valid access token.
    """
    return actor_of_session(read_token(token, ACCESS).session_id)


def actor_of_session(session_id: UUID) -> Actor | None:
    """Return who a session stands for now, or None when it has ended or belongs to a key."""
    try:
        with transaction.atomic():
            actor = credentials_of(session_id).actor
    except TokenInvalid:
        return None
    return actor if actor.scopes is None else None


def again(actor: Actor) -> Actor | None:
    """Return who the actor's session stands for now, or None when it has ended."""
    return None if actor.session_id is None else actor_of_session(actor.session_id)


def head_of(actor: Actor) -> int | None:
    """Return the number of the organization's newest event, or None when the session has ended."""
    if again(actor) is None:
        return None
    with organization_scope(actor.organization_id):
        return _head(actor.organization_id)


def may_follow(actor: Actor, topic: str) -> bool:
    """Whether a person may follow a topic. Raises UnknownTopic for a text of another form."""
    if topic == ME:
        return True
    if topic == ADMIN:
        return actor.role in LEADERS
    if topic == ANALYTICS:
        return actor.role in MONEY
    kind, _, text = topic.partition("/")
    try:
        model, pk = MODELS[kind], UUID(text)
    except (KeyError, ValueError) as error:
        raise UnknownTopic(topic) from error
    if str(pk) != text:
        raise UnknownTopic(topic)
    with organization_scope(actor.organization_id):
        return bool(model.objects.visible_to(actor).filter(id=pk).exists())


def missed_after(actor: Actor, after: int) -> Missed:
    """Return the hints of the first 1,000 events after a number that the person may see (R106)."""
    with organization_scope(actor.organization_id):
        head = _head(actor.organization_id)
        rows = Event.objects.visible_to(actor).filter(seq__gt=after, seq__lte=head)
        found = list(rows.order_by("seq")[: REPLAYED + 1])
    hints = [hint_of(event) for event in found[:REPLAYED]]
    gap = (int(hints[-1]["sequence"]) + 1, head) if len(found) > REPLAYED else None
    return Missed(hints, head, gap)


def _head(organization_id: UUID) -> int:
    return Head.objects.values_list("seq", flat=True).get(organization_id=organization_id)
