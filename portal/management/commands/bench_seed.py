"""`manage.py bench_seed`: fill the bench's database, or remove what its jobs have written."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.benching.filling import NotTheBench, clean, fill


class Command(BaseCommand):
    help = "Fill a database of its own with the bench's studio; --clean removes what jobs wrote."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--scale` multiplies the rows of the lists."""
        parser.add_argument("--scale", type=float, default=1.0)
        parser.add_argument("--clean", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Fill or clean. Refuses a database with another organization in it."""
        if options["clean"]:
            self.stdout.write(f"{clean()} projects removed.")
            return
        try:
            made = fill(options["scale"])
        except NotTheBench as error:
            raise CommandError(
                "This database is in use: the bench needs one of its own."
            ) from error
        self.stdout.write(" ".join(f"{table}={rows}" for table, rows in made.items()))
