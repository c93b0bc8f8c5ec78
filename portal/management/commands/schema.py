"""`manage.py schema`: write the generated references, or prove that they are current.

OpenAPI, event schemas and the settings reference are made from code and committed; a difference
needs a new file and a line in the change log.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.references import references


class Command(BaseCommand):
    help = "Write docs/reference from the code; --check compares instead."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--check` writes nothing and fails on a difference."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write or compare each file."""
        root = Path(settings.BASE_DIR) / "docs" / "reference"
        made = references()
        old = [
            str(path.relative_to(root))
            for path in (root / "events").glob("*.json")
            if str(path.relative_to(root)) not in made
        ]
        stale = [name for name, text in made.items() if _read(root / name) != text] + old
        if options["check"]:
            if stale:
                raise CommandError(f"Not current, run `make schema`: {', '.join(sorted(stale))}")
            self.stdout.write(f"{len(made)} generated references are current.")
            return
        for name, text in made.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        for name in old:
            (root / name).unlink()
        self.stdout.write(f"{len(stale)} of {len(made)} references changed.")


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
