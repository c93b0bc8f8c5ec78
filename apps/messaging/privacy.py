"""Conversations: what a person wrote, and its erasure on request."""

from django.db.models import F

from apps.core import clock
from apps.core.privacy import Area, Counts, Subject
from apps.messaging.models import Message, Participant


def areas(subject: Subject) -> list[Area]:
    """Return the conversations that the person is in, and his own messages."""
    here = {"organization_id": subject.organization_id}
    return [
        Area("conversations", "Conversations that you take part in.", Participant.objects.filter(
            user_id=subject.user_id, **here
        ).values("id", "conversation_id", "conversation__subject", "read_number", "read_at")),
        Area("messages", "Messages that you wrote.", Message.objects.filter(
            sender_id=subject.user_id, **here
        ).values("id", "conversation_id", "number", "body", "attachments", "created_at",
                 "edited_at", "deleted_at")),
    ]  # fmt: skip


def erase(subject: Subject) -> Counts:
    """Empty the person's messages when that was asked; they keep their places in the threads."""
    if not subject.erase_messages:
        return {"messaging.messages": 0}
    now = clock.now()
    rows = Message.objects.filter(
        organization_id=subject.organization_id, sender_id=subject.user_id
    )
    erased = rows.exclude(body="", deleted_at__isnull=False).update(
        body="", attachments=[], deleted_at=now, updated_at=now, version=F("version") + 1
    )
    return {"messaging.messages": erased}
