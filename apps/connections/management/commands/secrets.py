"""`manage.py secrets rekey`: encrypt stored secrets under the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.connections.services import reseal_secrets
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization


class Command(BaseCommand):
    help = "Re-encrypt secrets after a new key was put first in CONNECTION_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        """`rekey` is the one action."""
        parser.add_argument("action", choices=["rekey"])

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print how many secrets were changed."""
        changed = 0
        for organization in Organization.objects.order_by("id"):
            with organization_scope(organization.id):
                changed += reseal_secrets(organization.id)
        self.stdout.write(f"{changed} secrets re-encrypted")
