"""`manage.py secrets rekey`: move stored secrets to the newest key, in batches."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.keyring import keyring
from portal.sealed import keys_in_use, rekey


class Command(BaseCommand):
    help = "Re-encrypt secrets after a new key was put first in CONNECTION_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        """`rekey` is the one action; `--check` only tells."""
        parser.add_argument("action", choices=["rekey"])
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail while an old key is in use"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Move what is old, or tell which keys are in use."""
        if options["check"]:
            self._check()
            return
        moved: dict[str, int] = {}
        unopened = []
        for model, number, failed in rekey():
            moved[model] = moved.get(model, 0) + number
            unopened += failed
            self.stdout.write(f"{model}: {moved[model]}")
        self.stdout.write(f"{sum(moved.values())} secrets re-encrypted")
        for one in unopened:
            self.stderr.write(f"{one.model} {one.pk}: {one.fault}")
        if unopened:
            raise CommandError(f"{len(unopened)} secrets do not open and were left as they are.")

    def _check(self) -> None:
        newest, old = keyring().newest, 0
        for (model, key_id), number in sorted(keys_in_use().items()):
            self.stdout.write(f"{model}: {number} under {key_id}")
            old += number if key_id != newest else 0
        if old:
            raise CommandError(f"{old} secrets are not under {newest} yet: run `secrets rekey`.")
        self.stdout.write(f"every secret is under {newest}")
