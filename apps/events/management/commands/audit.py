"""`manage.py audit`: prove the hash chains, note their heads, send them to other systems."""

import json
import socket
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from apps.core.tenancy import across_organizations
from apps.events.export import SECURITY, as_json, as_syslog, exported
from apps.events.kinds import is_pattern_of_known_kinds
from apps.events.services import broken_events


class Command(BaseCommand):
    help = "Prove that no event was changed, removed or put in (exit code 1), or export the log."

    def add_arguments(self, parser: CommandParser) -> None:
        """`verify` walks the chains; `anchor` prints the head of each; `export` writes lines."""
        parser.add_argument("action", choices=["verify", "anchor", "export"])
        parser.add_argument("--organization", type=UUID, help="only this one")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--after", type=int, default=0, help="export: what follows this number")
        parser.add_argument("--kinds", help="export: patterns such as user.*,invoice.*; # for all")
        parser.add_argument("--format", choices=["json", "syslog"], default="json")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one line an organization."""
        heads = [head for head in _heads() if options["organization"] in (None, head[0])]
        if options["action"] == "export":
            self._export(options, [head[0] for head in heads])
            return
        if options["action"] == "anchor":
            for organization_id, seq, digest in heads:
                self._say(options, organization=organization_id, seq=seq, hash=digest)
            return
        faults = sum(self._verify(options, head[0], head[1]) for head in heads)
        if faults:
            raise CommandError(f"{faults} faults in the audit chain", returncode=1)

    def _export(self, options: dict[str, Any], organization_ids: list[UUID]) -> None:
        if options["after"] < 0:
            raise CommandError("--after needs 0 or more.")
        if not organization_ids:
            raise CommandError("There is no such organization.")
        if options["after"] and len(organization_ids) != 1:
            raise CommandError("--after counts within one organization: name it.")
        kinds = tuple(options["kinds"].split(",")) if options["kinds"] else SECURITY
        unknown = [kind for kind in kinds if not is_pattern_of_known_kinds(kind)]
        if unknown:
            raise CommandError(f"--kinds: no event is called {unknown[0][:100]!r}")
        host = socket.gethostname()
        for organization_id in organization_ids:
            for record in exported(organization_id, after=options["after"], kinds=kinds):
                is_syslog = options["format"] == "syslog"
                self.stdout.write(as_syslog(record, host) if is_syslog else as_json(record))

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
