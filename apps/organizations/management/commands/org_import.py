"""`manage.py org_import <slug> FILE`: put an exported settings document in force (P117)."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.tenancy import organization_scope
from apps.organizations.document.changes import merge_patch
from apps.organizations.document.faults import MAX_BYTES
from apps.organizations.models import Organization
from apps.organizations.services import Configuration, check_document, replace_document


class Command(BaseCommand):
    help = "Read settings as org_export prints them; an overlay says what differs here."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file may be `-`; overlays are merge patches, applied in their order."""
        parser.add_argument("slug")
        parser.add_argument("file", help="the exported file, or - for standard input")
        parser.add_argument("--overlay", action="append", default=[], help="a JSON Merge Patch")
        parser.add_argument("--check", action="store_true", help="tell the changes, save nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Save the document, or only check it; print each changed path."""
        organization = Organization.objects.filter(slug=options["slug"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['slug']!r}.")
        document = _read(options["file"])
        document = document.get("config", document)
        for overlay in options["overlay"]:
            document = merge_patch(document, _read(overlay))
        use = check_document if options["check"] else replace_document
        actor = Actor.system(organization.id)
        try:
            with organization_scope(organization.id):
                done: Configuration = use(actor, document)
        except DomainError as error:
            raise CommandError(_told(error)) from error
        for change in done.changes:
            self.stdout.write(f"{change.op} {change.path}")
        for notice in done.notices:
            self.stderr.write(f"{notice['field']}: {notice['message']}")
        self.stdout.write(f"{len(done.changes)} changes, version {done.number}")


def _read(name: str) -> dict[str, Any]:
    """Return the object in a file. Raises CommandError."""
    try:
        text = sys.stdin.read(MAX_BYTES * 2) if name == "-" else Path(name).read_text()
        found = json.loads(text)
    except (OSError, ValueError) as error:
        raise CommandError(f"{name}: {error}") from error
    if not isinstance(found, dict):
        raise CommandError(f"{name} does not hold a JSON object.")
    return found


def _told(error: DomainError) -> str:
    if not isinstance(error.details, list):
        return error.message
    faults = "\n".join(f"  {fault['field']}: {fault['message']}" for fault in error.details)
    return f"{error.message}\n{faults}"
