"""`manage.py payments verify`: prove that invoices, payments and the ledger agree."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.organizations.models import Organization
from apps.payments.services import broken_invariants


class Command(BaseCommand):
    help = "Check the invariants of money of all organizations. Exit code 1 when one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--organization` checks one only."""
        parser.add_argument("action", choices=["verify"])
        parser.add_argument("--organization", type=UUID, help="only this one")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print a line for each organization and each fault."""
        only = options["organization"]
        organizations = Organization.objects.order_by("slug")
        faults = 0
        for organization in organizations.filter(id=only) if only else organizations:
            found = list(broken_invariants(organization.id))
            faults += len(found)
            self.stdout.write(f"{organization.slug}  {'broken' if found else 'verified'}")
            for fault in found:
                self.stdout.write(f"  {fault}")
        if faults:
            raise CommandError(f"{faults} faults in the books", returncode=1)
