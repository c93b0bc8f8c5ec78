"""Conversations: who may talk to whom, dense message numbers, read marks.

The conversation's row is locked while a message gets its number, so numbers have no gaps and a
reader that has seen number 7 has seen all before it.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Sum

from apps.accounts.models import Membership
from apps.accounts.permissions import LEADERS, WORKERS, require
from apps.core import clock
from apps.core.actors import CLIENT, Actor
from apps.core.errors import InvalidFields, NotFound
from apps.core.models import revise
from apps.events.outbox import publish, record
from apps.files.models import File
from apps.messaging.errors import MessageDeleted, NotTheAuthor, TooLateToChange
from apps.messaging.models import Conversation, Message, Participant
from apps.projects.models import Project

EDIT_WINDOW = timedelta(minutes=15)
NOT_YOURS = "There is nobody with this id whom you may write to."


@transaction.atomic
def start_conversation(
    actor: Actor, *, participant_ids: Iterable[UUID], subject: str = "",
    project_id: UUID | None = None,
) -> Conversation:  # fmt: skip
    """Make a conversation of the actor and the people named, without a message.

    Raises InvalidFields for people whom the actor may not write to (a foreign id and one that does
    not exist read alike), for a project he does not see, and for a contact of another company
    than the project's.
    """
    require(actor, "conversations.write")
    people = _people(actor, set(participant_ids) - {actor.user_id})
    project = _project(actor, project_id, people)
    require(actor, "conversations.write", project.client_id if project else None)
    conversation = Conversation.objects.create(
        organization_id=actor.organization_id, subject=subject, project=project,
        created_by_id=actor.user_id,
    )  # fmt: skip
    everyone = sorted({actor.user_id, *(person.user_id for person in people)})
    Participant.objects.bulk_create(
        Participant(
            organization_id=actor.organization_id, conversation=conversation, user_id=user_id
        )
        for user_id in everyone
    )
    publish(
        actor, "conversation.created", conversation, audience="user", user_ids=everyone,
        id=conversation.id, title=subject, participants=everyone,
    )  # fmt: skip
    return conversation


@transaction.atomic
def rename_conversation(actor: Actor, conversation: Conversation, *, subject: str) -> Conversation:
    """Change the subject, which every participant may. The row is locked by the caller.

    C13 has no kind for it; `audit.recorded` tells the participants' pages and the audit.
    """
    _require_voice(actor, conversation)
    revise(conversation, subject=subject)
    publish(
        actor, "audit.recorded", conversation, audience="user", user_ids=_users_of(conversation),
        id=conversation.id, action="conversation.renamed", object_type="conversation",
        object_id=conversation.id,
    )  # fmt: skip
    return conversation


@transaction.atomic
def send_message(
    actor: Actor, conversation_id: UUID, *, body: str, attachments: Iterable[UUID] = (),
    client_key: str = "",
) -> Message:  # fmt: skip
    """Store a message and return it; a repeated `client_key` returns the first one (R105).

    Raises NotFound for a conversation the actor takes no part in, InvalidFields for attachments
    that he does not see.
    """
    conversation = _locked_conversation(actor, conversation_id)
    _require_voice(actor, conversation)
    sent = Message.objects.filter(conversation=conversation, sender_id=actor.user_id)
    known = sent.filter(client_key=client_key).first() if client_key else None
    if known is not None:
        return known
    now = clock.now()
    message = Message.objects.create(
        organization_id=actor.organization_id, conversation=conversation,
        sender_id=actor.user_id, number=conversation.last_number + 1, body=body,
        attachments=_visible_files(actor, attachments), client_key=client_key, created_at=now,
        updated_at=now,
    )  # fmt: skip
    # Not `revise`: a new message must not make an edit of the subject stale.
    conversation.last_number, conversation.last_message_at = message.number, now
    conversation.save(update_fields=["last_number", "last_message_at"])
    own = Participant.objects.filter(conversation=conversation, user_id=actor.user_id)
    own.update(read_number=message.number, read_at=now)
    publish(
        actor, "message.sent", message, audience="user", user_ids=_users_of(conversation),
        id=message.id, conversation_id=conversation.id, sender_id=actor.user_id,
        sender=actor.name, number=message.number,
    )  # fmt: skip
    return message


@transaction.atomic
def edit_message(actor: Actor, message: Message, **changes: Any) -> Message:
    """Change `body` or `attachments` of the actor's own message, locked by the caller.

    Raises NotTheAuthor, MessageDeleted, TooLateToChange, InvalidFields.
    """
    _require_changeable(actor, message)
    if "attachments" in changes:
        changes["attachments"] = _visible_files(actor, changes["attachments"])
    if changes:
        revise(message, **changes, edited_at=clock.now())
        _publish_change(actor, "message.edited", message)
    return message


@transaction.atomic
def delete_message(actor: Actor, message: Message) -> None:
    """Take the text out of the actor's own message; its place and number stay.

    Raises NotTheAuthor, MessageDeleted, TooLateToChange.
    """
    _require_changeable(actor, message)
    revise(message, body="", attachments=[], deleted_at=clock.now())
    _publish_change(actor, "message.deleted", message)


@transaction.atomic
def mark_read(actor: Actor, conversation_id: UUID, *, up_to: UUID) -> Participant:
    """Note that the actor has read up to the message `up_to`; a mark never moves back.

    Raises NotFound for a foreign conversation, InvalidFields for a message of another one.
    """
    own = Participant.objects.select_for_update().filter(
        organization_id=actor.organization_id, conversation_id=conversation_id,
        user_id=actor.user_id,
    )  # fmt: skip
    participant = own.first()
    if participant is None:
        raise NotFound
    message = Message.objects.visible_to(actor).filter(conversation_id=conversation_id)
    number = message.filter(id=up_to).values_list("number", flat=True).first()
    if number is None:
        raise InvalidFields(up_to="There is no such message in this conversation.")
    if number > participant.read_number:
        revise(participant, read_number=number, read_at=clock.now())
        publish(
            actor, "message.read", participant, audience="user",
            user_ids=_users_of(participant.conversation), id=participant.id,
            conversation_id=conversation_id, user_id=actor.user_id, up_to=up_to,
        )  # fmt: skip
    return participant


def unread_messages(organization_id: UUID, user_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return how many messages each person has not read, over all conversations. One query."""
    rows = Participant.objects.filter(organization_id=organization_id, user_id__in=set(user_ids))
    unread = F("conversation__last_number") - F("read_number")
    sums = rows.order_by().values("user_id").annotate(total=Sum(unread))
    return dict.fromkeys(user_ids, 0) | {row["user_id"]: row["total"] for row in sums}


@transaction.atomic
def hand_over_conversations(actor: Actor, leaver_id: UUID, successor_id: UUID) -> dict[str, int]:
    """Let the successor of a colleague who leaves take part wherever he did (R144).

    He begins where the other stopped reading. The leaver stays among the people of the
    conversation, since his messages do.
    """
    rows = Participant.objects.filter(organization_id=actor.organization_id)
    has = rows.filter(user_id=successor_id).values("conversation_id")
    missing = rows.filter(user_id=leaver_id).exclude(conversation_id__in=has)
    left = list(missing.select_related("conversation").order_by("conversation_id"))
    Participant.objects.bulk_create(
        Participant(
            organization_id=actor.organization_id, conversation=row.conversation,
            user_id=successor_id, read_number=row.read_number, read_at=row.read_at,
        )
        for row in left
    )  # fmt: skip
    for row in left:
        revise(row.conversation)
        record(
            actor, "conversation.handed_over", row.conversation,
            user_ids=_users_of(row.conversation), successor=str(successor_id),
        )  # fmt: skip
    return {"conversations": len(left)}


# -- who and what -----------------------------------------------------------------------------


def _people(actor: Actor, ids: set[UUID]) -> list[Membership]:
    """Return the memberships of `ids`, all of them people whom the actor may write to.

    A contact may write to the team and to people of his own companies.
    """
    if not ids:
        raise InvalidFields(participant_ids="Name at least one person besides yourself.")
    rows = Membership.objects.filter(
        organization_id=actor.organization_id, user_id__in=ids, is_active=True,
        user__is_active=True, user__is_service=False,
    )  # fmt: skip
    if actor.is_client:
        team = Q(role__in=sorted(LEADERS | WORKERS))
        colleagues = Q(role=CLIENT, client_ids__overlap=list(actor.client_ids))
        rows = rows.filter(team | colleagues)
    found = list(rows)
    if len(found) != len(ids):
        raise InvalidFields(participant_ids=NOT_YOURS)
    return found


def _project(actor: Actor, project_id: UUID | None, people: Iterable[Membership]) -> Project | None:
    if project_id is None:
        return None
    project = Project.objects.visible_to(actor).filter(id=project_id).first()
    if project is None:
        raise InvalidFields(project_id="There is no such project.")
    contacts = [person for person in people if person.role == CLIENT]
    if any(project.client_id not in person.client_ids for person in contacts):
        fault = "A contact of another company cannot take part in this project's conversation."
        raise InvalidFields(participant_ids=fault)
    return project


def _locked_conversation(actor: Actor, conversation_id: UUID) -> Conversation:
    rows = Conversation.objects.visible_to(actor).select_for_update(of=("self",))
    conversation = rows.filter(id=conversation_id).first()
    if conversation is None:
        raise NotFound
    return conversation


def _visible_files(actor: Actor, ids: Iterable[UUID]) -> list[UUID]:
    wanted = list(dict.fromkeys(ids))
    if wanted and File.objects.visible_to(actor).filter(id__in=wanted).count() != len(wanted):
        raise InvalidFields(attachments="There is no such file.")
    return wanted


def _require_voice(actor: Actor, conversation: Conversation) -> None:
    """Raise PermissionDenied for a contact who only looks; his role at the project's company."""
    project = conversation.project if actor.is_client else None
    require(actor, "conversations.write", project.client_id if project else None)


def _require_changeable(actor: Actor, message: Message) -> None:
    _require_voice(actor, message.conversation)
    if message.sender_id != actor.user_id:
        raise NotTheAuthor
    if message.deleted_at is not None:
        raise MessageDeleted
    if clock.now() - message.created_at > EDIT_WINDOW:
        raise TooLateToChange


def _publish_change(actor: Actor, kind: str, message: Message) -> None:
    publish(
        actor, kind, message, audience="user", user_ids=_users_of(message.conversation),
        id=message.id, conversation_id=message.conversation_id, sender_id=message.sender_id,
    )  # fmt: skip


def _users_of(conversation: Conversation) -> list[UUID]:
    rows = Participant.objects.filter(conversation=conversation).order_by("user_id")
    return list(rows.values_list("user_id", flat=True))
