"""`manage.py bench_jobs`: the jobs that have a route, and the queries that each request costs."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.benching.jobs import faces
from portal.benching.queries import queries_of


class Command(BaseCommand):
    help = "Print the jobs of the bench as JSON; --queries counts their statements."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--queries` sends each request once to a filled database."""
        parser.add_argument("--queries", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one JSON document."""
        found = faces()
        if options["queries"]:
            found = {name: queries_of(face) for name, face in found.items()}
        self.stdout.write(json.dumps(found))
