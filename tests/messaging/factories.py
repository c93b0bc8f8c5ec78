"""Makers of conversations and messages, through the services that the API uses."""

from typing import Any

from apps.accounts.models import Membership
from apps.core.tenancy import organization_scope
from apps.messaging.models import Conversation, Message
from apps.messaging.services import send_message, start_conversation


def make_conversation(starter: Membership, *others: Membership, **fields: Any) -> Conversation:
    """A conversation of `starter` and the others, without a message."""
    with organization_scope(starter.organization_id):
        return start_conversation(
            starter.actor(), participant_ids=[person.user_id for person in others], **fields
        )


def make_message(
    conversation: Conversation, sender: Membership, body: str = "Hello", **fields: Any
) -> Message:
    """A message of one of the participants."""
    with organization_scope(sender.organization_id):
        return send_message(sender.actor(), conversation.id, body=body, **fields)
