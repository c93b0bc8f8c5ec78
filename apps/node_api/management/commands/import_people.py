"""`manage.py import_people STUDIO FILE`: the people of the old system with their passwords."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.node_api.importing import UnreadableFile, import_people, read_people
from apps.organizations.models import Organization

EVERY = 100  # rows between two lines of progress


class Command(BaseCommand):
    help = "Import people from a CSV of the old table `users`. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        """The studio by its slug; old admins get the role that is named."""
        parser.add_argument("studio")
        parser.add_argument("file", type=Path)
        parser.add_argument("--team-role", choices=["admin", "staff"], default="staff")
        parser.add_argument("--check", action="store_true", help="Read and judge the file only")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Refuse a file with faults whole; else write row by row and count."""
        organization = Organization.objects.filter(slug=options["studio"]).first()
        if organization is None:
            raise CommandError(f"There is no studio {options['studio']!r}.")
        try:
            rows, faults = read_people(options["file"])
        except (UnreadableFile, OSError) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        for fault in faults:
            self.stderr.write(f"line {fault.line}, {fault.column or 'row'}: {fault.fault}")
        if faults:
            raise CommandError("Nothing was imported. Mend these lines first.")
        if options["check"]:
            self.stdout.write(f"{len(rows)} people could be imported.")
            return
        self._import(organization, rows, options["team_role"])

    def _import(self, organization: Organization, rows: list[Any], team_role: str) -> None:
        made = 0
        for number, is_new in enumerate(
            import_people(organization, rows, team_role=team_role), start=1
        ):
            made += is_new
            if number % EVERY == 0:
                self.stdout.write(f"{number} of {len(rows)}")
        self.stdout.write(f"{made} people imported, {len(rows) - made} were known already.")
