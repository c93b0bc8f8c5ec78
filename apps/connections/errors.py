"""Refusals about connections."""

from apps.core.errors import DomainError, InvalidTransition


class DuplicateConnection(DomainError):
    code = "DUPLICATE"
    rule = "connection_exists"
    message = "There is a connection of this kind with this name or address already."


class ConnectionRevoked(InvalidTransition):
    rule = "connection_revoked"
    message = "This connection was removed."


class TestFirst(DomainError):
    rule = "test_first"
    message = "This connection was switched off. Send a successful test first, then switch it on."
