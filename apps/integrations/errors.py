"""Refusals about endpoints, deliveries and dead letters."""

from apps.core.errors import DomainError, InvalidTransition


class NotReplayable(InvalidTransition):
    rule = "still_open"
    message = "Only a delivery that ended (delivered, dead or cancelled) can be sent again."


class NotCancellable(InvalidTransition):
    rule = "not_waiting"
    message = "Only a waiting delivery can be cancelled."


class TooMany(DomainError):
    rule = "too_many"
    message = "This would send more than is allowed at once. Choose a smaller range."


class EndpointRevoked(InvalidTransition):
    rule = "connection_revoked"
    message = "The connection of this delivery was removed."
