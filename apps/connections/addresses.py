"""Which addresses a connection may reach: the rules live below all apps (ADR 10)."""

from apps.core.outgoing.addresses import RefusedAddress, UnknownHost, resolve_target

__all__ = ["RefusedAddress", "UnknownHost", "resolve_target"]
