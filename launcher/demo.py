"""What a person finds after a start: the demo studio or an empty one, and how to get in."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launcher import migrations, signals
from launcher.folders import Folders
from launcher.options import Options
from launcher.progress import Step, run_quietly, say


def fill(options: Options, database: str, env: Mapping[str, str], *, is_new: bool) -> None:
    """Load the demo studio on the first start, or offer to make the first owner."""
    folders = options.folders
    if options.demo == "0":
        if sys.stdin.isatty() and not migrations.has_organizations(database):
            _offer_owner(env)
    elif is_wanted(options, is_new=is_new):
        _load(folders, env)


def print_box(options: Options, database: str) -> None:
    """Print where the portal is and how to sign in."""
    lines = [f"Portico runs at {options.url}", ""]
    if migrations.has_organizations(database):
        lines += _logins(options.folders.logins)
    else:
        lines += ["There is no studio yet. Create the first owner in a second terminal:"]
        lines += ["  make owner", ""]
    lines += [f"Logs: {options.folders.logs}", "Stop: Ctrl-C"]
    width = max(len(line) for line in lines)
    rule = f"  +{'-' * (width + 2)}+"
    text = "\n".join(f"  | {line:<{width}} |" for line in lines)
    say(f"\n{rule}\n{text}\n{rule}\n\n")


def is_wanted(options: Options, *, is_new: bool) -> bool:
    """Return whether this start loads the demo studio. `is_new`: the database was empty."""
    if options.folders.logins.exists() and not is_new:
        return False  # loaded before
    if options.demo:
        return True
    # Someone's own database gets no demo data unasked, and removed data does not come back.
    return not options.folders.demo_removed.exists() and (is_new or not options.database_url)


def _load(folders: Folders, env: Mapping[str, str]) -> None:
    with Step("Loading the demo studio") as step:
        command = [sys.executable, "manage.py", "demo", "load", "--logins", str(folders.logins)]
        run_quietly(
            command,
            lambda line: setattr(step, "note", line.strip()[:50]),
            env=env,
            failure="The demo studio could not be loaded",
        )
        step.note = ""
    folders.demo_removed.unlink(missing_ok=True)


def _offer_owner(env: Mapping[str, str]) -> None:
    say("\n  There is no studio yet. Create the first owner now? [Y/n] ")
    answer = sys.stdin.readline().strip().lower()
    signals.check()
    if answer in {"", "y", "yes"}:
        # A mistake in there is no reason not to start: the box names the command again.
        signals.wait_for(subprocess.Popen([sys.executable, "manage.py", "create_owner"], env=env))
        signals.check()


def _logins(path: Path) -> list[str]:
    try:
        content: dict[str, dict[str, Any]] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return []
    shown = [
        [name, *(str(entry.get(key, "")) for key in ("email", "password", "organization"))]
        for name, entry in content.items()
    ]
    widths = [max(len(row[column]) for row in shown) for column in range(4)] if shown else []
    lines = ["Demo logins (also in " + str(path) + "):"]
    for row in shown:
        cells = [f"{text:<{width}}" for text, width in zip(row, widths, strict=True)]
        lines.append("  " + "  ".join(cells).rstrip())
    return [*lines, "Remove the demo data: make demo-remove", ""]
