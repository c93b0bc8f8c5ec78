"""What every app stands on: ids, clock, money, errors, tenancy, the API and its rows. No tables."""

from django.apps import AppConfig
from django.core import checks


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"

    def ready(self) -> None:
        """Register the database check; `check --database default` runs it."""
        from apps.core.checks import database_role_obeys_row_security

        checks.register(database_role_obeys_row_security, checks.Tags.database)
