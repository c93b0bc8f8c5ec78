"""Deliveries of events to outside peers."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "apps.integrations"
    label = "integrations"

    def ready(self) -> None:
        """Register the gauges of `/metrics`."""
        from apps.integrations.metrics import register

        register()
