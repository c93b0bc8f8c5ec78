"""`manage.py bench_jobs`: the jobs that have a route, and the queries that each request costs."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.benching.jobs import faces
from portal.benching.queries import JobFailed, queries_of


class Command(BaseCommand):
    help = "Print the jobs of the bench as JSON; --queries counts their statements."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--queries` sends each request once to a filled database."""
        parser.add_argument("--queries", action="store_true")
        parser.add_argument("--faces", nargs="*", default=["v1", "node"])

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one JSON document."""
        found = {name: face for name, face in faces().items() if name in options["faces"]}
        if options["queries"]:
            try:
                found = {name: queries_of(face) for name, face in found.items()}
            except JobFailed as error:
                raise CommandError(f"Nobody can sign in: {error}") from error
        self.stdout.write(json.dumps(found))
