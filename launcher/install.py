"""Installs a requirements file into the running virtual environment and shows how far it is.

`python -m launcher.install requirements.txt`. It runs before any package is there, so it uses
the standard library only.
"""

import sys
from pathlib import Path

from launcher import signals
from launcher.problems import Problem
from launcher.progress import Step, run_quietly


def install(requirements: Path) -> None:
    """Install every package of the file. Raises Problem."""
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    seen: set[str] = set()
    with Step(f"Installing {requirements.name}") as step:

        def note(line: str) -> None:
            words = line.split()
            if len(words) > 1 and words[0] in {"Collecting", "Requirement"}:
                name = words[2] if words[0] == "Requirement" and len(words) > 2 else words[1]
                seen.add(name)
                step.note = f"{len(seen)} packages, {name}"
            elif line.startswith("Installing collected"):
                step.note = f"unpacking {len(seen)} packages"

        run_quietly(
            [*command, "--progress-bar", "off", "-r", requirements],
            note,
            failure="The packages could not be installed. Is there a network, and free space",
        )
        step.note = f"{len(seen)} packages"


if __name__ == "__main__":
    signals.watch()
    try:
        install(Path(sys.argv[1]))
    except Problem as problem:
        sys.exit(f"\n{problem}")
    except signals.Stopped:
        sys.exit(130)
