"""The guarded HTTP client under the name that connectors know; it lives below all apps (ADR 10)."""

from apps.core.outgoing.http import (
    ANSWER_BYTES,
    Answer,
    GuardedClient,
    Outcome,
    retry_after_seconds,
)

__all__ = ["ANSWER_BYTES", "Answer", "GuardedClient", "Outcome", "retry_after_seconds"]
