"""Payments: ask, submit, settle, look up, prove (`integration.md`, section 9)."""

from apps.payments.services.janitor import look_up, sweep
from apps.payments.services.operations import submit_operation
from apps.payments.services.requests import Wish, provider_connection, request_payment
from apps.payments.services.settlement import settle
from apps.payments.services.verification import broken_invariants

__all__ = [
    "Wish",
    "broken_invariants",
    "look_up",
    "provider_connection",
    "request_payment",
    "settle",
    "submit_operation",
    "sweep",
]
