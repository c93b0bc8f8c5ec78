"""Refusals of asking and of answering."""

from apps.core.errors import DomainError, InvalidTransition


class NotClean(DomainError):
    rule = "file_not_clean"
    message = "Only a file that has passed its checks can be approved."


class NotShared(DomainError):
    rule = "file_not_visible_to_client"
    message = "The client cannot see this file. Make it visible to the client first."


class NoClient(DomainError):
    rule = "file_without_client"
    message = "This file belongs to no client, so there is nobody to ask."


class NotCurrent(DomainError):
    rule = "not_current_version"
    message = "There is a newer version of this file. Ask about that one."


class NotAsked(DomainError):
    code = "PERMISSION_DENIED"
    rule = "not_an_approver"
    message = "You are not one of the people who are asked."


class NotYourTurn(DomainError):
    code = "CONFLICT"
    rule = "not_your_turn"
    message = "Somebody else is asked before you."


class AlreadyAnswered(DomainError):
    code = "CONFLICT"
    rule = "already_answered"
    message = "You have answered this already."


class OtherVersion(DomainError):
    code = "CONFLICT"
    rule = "wrong_version"
    message = "Your answer names another version than the one that is asked about."


class NewerVersion(DomainError):
    code = "CONFLICT"
    rule = "superseded"
    message = "The file has a newer version. You will be asked about that one."


class NotOpen(InvalidTransition):
    rule = "not_open"
    message = "This question is no longer open."
