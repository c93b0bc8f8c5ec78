"""The event log, which is outbox and audit at once, and idempotency keys."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "apps.events"
    label = "events"
