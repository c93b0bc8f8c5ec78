"""`manage.py org_export <slug>`: the settings document as a file, without any secret (P117)."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.tenancy import organization_scope
from apps.organizations.document.meaning import secret_refs
from apps.organizations.models import Organization
from apps.organizations.services import configuration_of


class Command(BaseCommand):
    help = "Print an organization's settings as JSON; secrets appear by name only."

    def add_arguments(self, parser: CommandParser) -> None:
        """One organization."""
        parser.add_argument("slug")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the document and the names of the secrets that it needs."""
        organization = Organization.objects.filter(slug=options["slug"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['slug']!r}.")
        with organization_scope(organization.id):
            found = configuration_of(organization)
        needed = sorted({name for _path, name in secret_refs(found.document)})
        exported = {"organization": organization.slug, "secrets": needed, "config": found.document}
        self.stdout.write(json.dumps(exported, indent=2, ensure_ascii=False))
