"""Wiring that needs loaded apps: health checks and gauges."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    label = "portal"
    verbose_name = "Portico"

    def ready(self) -> None:
        """Register what `/health` asks and `/metrics` shows."""
        from portal.observability import register

        register()
