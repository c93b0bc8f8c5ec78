"""What is kept of a peer's answer; the rules live below all apps (ADR 10)."""

from apps.core.outgoing.masking import HEAD_BYTES, masked, masked_head

__all__ = ["HEAD_BYTES", "masked", "masked_head"]
