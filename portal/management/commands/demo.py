"""`manage.py demo load|remove`: the demo studio, once, and away again with one command."""

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.events.services import expand
from apps.organizations.models import Organization
from portal.demo.money import make_money, make_second_studio
from portal.demo.people import Studio, make_password, make_studios
from portal.demo.removal import remove_demo
from portal.demo.work import make_work

CAST = ("owner", "staff", "accountant", "alice", "bob", "mallory")


class Command(BaseCommand):
    help = "Load the demo studio (nothing happens when it is there), or remove it."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--logins` names the file that the logins are written to."""
        parser.add_argument("action", choices=["load", "remove"])
        parser.add_argument("--logins", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load or remove, and say what was done."""
        if options["action"] == "remove":
            self.stdout.write(f"{remove_demo()} demo studios removed.")
            return
        known = Organization.objects.filter(is_demo=True).exists()
        if known and (not options["logins"] or options["logins"].exists()):
            self.stdout.write("The demo studio is there already.")
            return
        remove_demo()  # a half-made one, or one whose logins nobody has any more
        self._load(options["logins"])

    def _load(self, path: Path | None) -> None:
        password = make_password()
        self.stdout.write("people and clients")
        first, second = make_studios(password)
        self.stdout.write("projects, files and messages")
        projects = make_work(first)
        self.stdout.write("invoices and payments")
        make_money(first, projects)
        make_second_studio(second)
        self.stdout.write("notifications")
        for studio in (first, second):
            expand(studio.organization.id)
        logins = _logins([first, second], password)
        for name, login in logins.items():
            self.stdout.write(f"{name:<11} {login['email']:<42} {login['password']}")
        if path:
            _write_private(path, json.dumps(logins, indent=2) + "\n")


def _logins(studios: list[Studio], password: str) -> dict[str, dict[str, str]]:
    found = {
        name: {
            "email": membership.user.email,
            "password": password,
            "organization": studio.organization.name,
        }
        for studio in studios
        for name, membership in studio.people.items()
        if name in CAST
    }
    if set(found) != set(CAST):
        raise CommandError("The cast is not complete.")
    return found


def _write_private(path: Path, text: str) -> None:
    """Write the file for its owner's eyes, whole or not at all: its presence is a marker."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
