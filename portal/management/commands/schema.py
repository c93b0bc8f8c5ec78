"""`manage.py schema`: write the generated references, or prove that they are current.

OpenAPI, event schemas, ERD and tables are made from code and committed. A change of what others
build on (OpenAPI, events) needs a new line in CHANGELOG.md: `contract.sha256` remembers both.
"""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.references import references

LOCK = "contract.sha256"


class Command(BaseCommand):
    help = "Write docs/reference from the code; --check compares instead."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--check` writes nothing and fails on a difference."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write or compare each file."""
        base = Path(settings.BASE_DIR)
        root, changelog = base / "docs" / "reference", base / "CHANGELOG.md"
        made = references()
        gone = [path for path in _events(root) if str(path.relative_to(root)) not in made]
        stale = [name for name, text in made.items() if _read(root / name) != text]
        stale += [str(path.relative_to(root)) for path in gone]
        contract, log = _contract(made), hashlib.sha256(_read(changelog).encode()).hexdigest()
        before = [*_read(root / LOCK).split(), "", ""]
        if options["check"]:
            if stale or before[0] != contract:
                raise CommandError(f"Not current, run `make schema`: {', '.join(sorted(stale))}")
            self.stdout.write(f"{len(made)} generated references are current.")
            return
        if before[0] and before[0] != contract and before[1] == log:
            raise CommandError("The contract changes: say so in CHANGELOG.md first.")
        for name, text in made.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        for path in gone:
            path.unlink()
        if before[0] != contract:
            (root / LOCK).write_text(f"{contract} {log}\n")
        self.stdout.write(f"{len(stale)} of {len(made)} references changed.")


def _events(root: Path) -> list[Path]:
    return sorted((root / "events").glob("*.json"))


def _contract(made: dict[str, str]) -> str:
    """Return the digest of what others build on."""
    parts = [
        f"{name}\n{text}"
        for name, text in sorted(made.items())
        if name == "openapi.yaml" or name.startswith("events/")
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
