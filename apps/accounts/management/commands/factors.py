"""`manage.py factors`: the operator's way out for a person who has lost every second factor."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.services import forget_factors


class Command(BaseCommand):
    help = "Remove all second factors of a person who proved in another way who is asking."

    def add_arguments(self, parser: CommandParser) -> None:
        """`remove` takes the person's e-mail; the reason goes into the audit."""
        parser.add_argument("action", choices=["remove"])
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="how you know who is asking")
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Remove them and say how many there were; exit code 1 for an unknown person."""
        removed = forget_factors(options["email"], reason=options["reason"][:200])
        if removed is None:
            raise CommandError("There is no person with this e-mail.")
        told = json.dumps({"removed": removed}) if options["json"] else f"{removed} removed"
        self.stdout.write(told)
