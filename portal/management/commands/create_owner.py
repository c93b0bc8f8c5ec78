"""`manage.py create_owner`: the first studio of an empty portal and its owner."""

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from apps.accounts.services import create_person
from apps.core.errors import DomainError
from apps.organizations.services import create_organization
from apps.projects.services import seed_catalog


class Command(BaseCommand):
    help = "Make an organization and the person who owns it. Asks for what is not given."

    def add_arguments(self, parser: CommandParser) -> None:
        """Each answer may be an option; the password may come from standard input."""
        parser.add_argument("--email")
        parser.add_argument("--name", help="of the studio")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--currency", default="EUR")
        parser.add_argument("--timezone", default="UTC")
        parser.add_argument("--password-stdin", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make both in one transaction; print the e-mail that signs in."""
        studio = options["name"] or self._ask("Name of the studio: ")
        email = options["email"] or self._ask("E-mail of the owner: ")
        if options["password_stdin"]:
            password = sys.stdin.readline().rstrip("\n")
        else:
            password = getpass.getpass("Password (8 to 128 characters): ")
        try:
            self._make(studio, email, password, options)
        except IntegrityError as error:
            raise CommandError(f"A studio named like {studio!r} exists already.") from error
        except DomainError as error:
            raise CommandError(f"{error.message} {error.details or ''}".strip()) from error
        self.stdout.write(f"{studio} is ready. {email.lower()} signs in as its owner.")

    @transaction.atomic
    def _make(self, studio: str, email: str, password: str, options: dict[str, Any]) -> None:
        organization = create_organization(
            name=studio,
            slug=slugify(studio) or "studio",
            currency=options["currency"],
            timezone=options["timezone"],
        )
        create_person(
            organization,
            email=email,
            password=password,
            role="owner",
            first_name=options["first_name"],
            last_name=options["last_name"],
        )
        seed_catalog(organization)

    def _ask(self, question: str) -> str:
        answer = input(question).strip()
        if not answer:
            raise CommandError("An answer is needed.")
        return answer
