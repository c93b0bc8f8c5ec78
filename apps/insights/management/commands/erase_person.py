"""`manage.py erase_person`: erase a person of one organization and print the report."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import Membership
from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.tenancy import organization_scope
from apps.events.jobs import run_due
from apps.insights.models import Erasure
from apps.insights.services import request_erasure


class Command(BaseCommand):
    help = "Erase a person in one organization (it cannot be undone), and print what was erased."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the person by e-mail and the organization by its slug."""
        parser.add_argument("email")
        parser.add_argument("--organization", required=True, help="its slug")
        parser.add_argument("--messages", action="store_true", help="the person's messages too")
        parser.add_argument("--reason", default="")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what the job does, here and now, and what else is due."""
        members = Membership.objects.filter(
            user__email__iexact=options["email"], organization__slug=options["organization"]
        )
        member = members.first()
        if member is None:
            raise CommandError("There is no such person in this organization.")
        try:
            with organization_scope(member.organization_id):
                erasure = request_erasure(
                    Actor.system(member.organization_id), member.user_id,
                    erase_messages=options["messages"], reason=options["reason"][:500],
                )  # fmt: skip
        except DomainError as error:
            raise CommandError(error.message) from error
        run_due()
        with organization_scope(member.organization_id):
            done = Erasure.objects.get(id=erasure.id)
        if done.finished_at is None:
            self.stdout.write(f"{done.pseudonym}: the workers go on with it.")
            return
        self.stdout.write(
            json.dumps({"pseudonym": done.pseudonym, **(done.report or {})}, indent=1)
        )
