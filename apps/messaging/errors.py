"""Refusals about messages."""

from apps.core.errors import DomainError, InvalidTransition, PermissionDenied


class NotTheAuthor(PermissionDenied):
    rule = "author_only"
    message = "Only who wrote a message may change it."


class TooLateToChange(DomainError):
    rule = "edit_window"
    message = "A message can be changed for 15 minutes after it was sent."


class MessageDeleted(InvalidTransition):
    rule = "message_deleted"
    message = "This message was deleted."
