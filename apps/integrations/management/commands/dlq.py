"""`manage.py dlq list|show|replay|discard`: dead letters at the command line (S17)."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.actors import Actor
from apps.core.clock import iso
from apps.core.tenancy import organization_scope
from apps.integrations.models import DeadLetter
from apps.integrations.services import discard_dead_letter, replay_dead_letter
from apps.organizations.models import Organization

FIELDS = ("id", "source", "kind", "connection_id", "consumer", "error", "attempts")


class Command(BaseCommand):
    help = "List, show, replay or discard what failed for good."

    def add_arguments(self, parser: CommandParser) -> None:
        """Without ids, `replay` and `discard` mean every letter that the filters leave."""
        parser.add_argument("action", choices=["list", "show", "replay", "discard"])
        parser.add_argument("ids", nargs="*", type=UUID)
        parser.add_argument("--source", choices=DeadLetter.Source.values)
        parser.add_argument("--organization", help="slug of one organization")
        parser.add_argument("--reason", default="", help="needed to discard")
        parser.add_argument("--all", action="store_true", help="needed to change without ids")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one line for each letter."""
        self._refuse_unclear(options)
        found = 0
        for organization in _organizations(options["organization"]):
            with organization_scope(organization.id):
                for letter in list(_letters(organization, options)):
                    found += 1
                    self._act(organization, letter, options)
        if options["ids"] and not found:
            raise CommandError("no dead letter has this id")

    def _refuse_unclear(self, options: dict[str, Any]) -> None:
        changes = options["action"] in {"replay", "discard"}
        if changes and not options["ids"] and not options["all"]:
            raise CommandError("name ids, or say --all")
        if options["action"] == "show" and not options["ids"]:
            raise CommandError("name the id to show")
        if options["action"] == "discard" and not options["reason"]:
            raise CommandError("--reason is needed to discard")

    def _act(self, organization: Organization, letter: DeadLetter, options: dict[str, Any]) -> None:
        actor, action = Actor.system(organization.id), options["action"]
        if not options["dry_run"] and action == "replay":
            replay_dead_letter(actor, letter)
        if not options["dry_run"] and action == "discard":
            discard_dead_letter(actor, letter, options["reason"])
        line = _line(letter) | {"organization": organization.slug}
        if action == "show":
            line["body"] = letter.body
        if action in {"replay", "discard"}:
            line["done"] = "no, dry run" if options["dry_run"] else action
        self._say(line, as_json=options["json"] or action == "show")

    def _say(self, line: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(line, default=str))
        else:
            self.stdout.write("  ".join(f"{name}={value}" for name, value in line.items()))


def _organizations(slug: str | None) -> Iterator[Organization]:
    rows = Organization.objects.order_by("id")
    return rows.filter(slug=slug).iterator() if slug else rows.iterator()


def _letters(organization: Organization, options: dict[str, Any]) -> Any:
    rows = DeadLetter.objects.visible_to(Actor.system(organization.id)).order_by("created_at")
    if options["source"]:
        rows = rows.filter(source=options["source"])
    return rows.filter(id__in=options["ids"]) if options["ids"] else rows


def _line(letter: DeadLetter) -> dict[str, Any]:
    return {name: getattr(letter, name) for name in FIELDS} | {
        "last_failed_at": iso(letter.last_failed_at)
    }
