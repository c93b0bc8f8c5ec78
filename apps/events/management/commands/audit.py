"""`manage.py audit verify`: walk the hash chain of one organization's log, or of all."""

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from apps.core.tenancy import across_organizations
from apps.events.services import broken_events


class Command(BaseCommand):
    help = "Prove that no event was changed, removed or put in. Exit code 1 when one was."

    def add_arguments(self, parser: CommandParser) -> None:
        """`verify` walks the chains; `anchor` prints the head of each for safe keeping."""
        parser.add_argument("action", choices=["verify", "anchor"])
        parser.add_argument("--organization", type=UUID, help="only this one")
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one line an organization."""
        heads = [head for head in _heads() if options["organization"] in (None, head[0])]
        if options["action"] == "anchor":
            for organization_id, seq, digest in heads:
                self._say(options, organization=organization_id, seq=seq, hash=digest)
            return
        faults = sum(self._verify(options, head[0], head[1]) for head in heads)
        if faults:
            raise CommandError(f"{faults} faults in the audit chain", returncode=1)

    def _verify(self, options: dict[str, Any], organization_id: UUID, seq: int) -> int:
        faults = list(broken_events(organization_id))
        for place, fault in faults[:20]:
            self._say(options, organization=organization_id, sequence=place, fault=fault)
        if not faults:
            self._say(options, organization=organization_id, events=seq, state="verified")
        return len(faults)

    def _say(self, options: dict[str, Any], **line: Any) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(line, default=str))
        else:
            self.stdout.write("  ".join(f"{name}={value}" for name, value in line.items()))


def _heads() -> list[tuple[UUID, int, str]]:
    with across_organizations(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT organization_id, seq, encode(hash, 'hex') FROM events_head ORDER BY 1"
        )
        return list(cursor.fetchall())
