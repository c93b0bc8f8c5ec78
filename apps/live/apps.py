"""Open sockets: hints about changes, never data."""

from typing import Any

from channels.layers import get_channel_layer
from django.apps import AppConfig

# Reads of the channel layer block on purpose. redis-py 8 would end each after 5 seconds, as long as
# channels-redis waits for a message: a socket without news died of it; and a read that is cancelled
# while that timer runs may go on for ever, with the lock that all sockets share (both seen).
READ_PATIENTLY = {"socket_timeout": None, "socket_keepalive": True}


class LiveConfig(AppConfig):
    name = "apps.live"
    label = "live"

    def ready(self) -> None:
        """Complete the layer's hosts, before its first connection."""
        layer: Any = get_channel_layer()
        for host in getattr(layer, "hosts", []):
            host.update(READ_PATIENTLY | host)
