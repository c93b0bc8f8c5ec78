"""Where the driver, the baseline and the scratch folder are.

Driver and baseline stand beside the project in `../shared`; BENCH_DRIVER and BENCH_BASELINE name
other places. The baseline is copied before npm writes into it.
"""

import os
import shutil
import subprocess
from pathlib import Path

from launcher.problems import Problem

ROOT = Path(__file__).resolve().parents[1]
SCRATCH = ROOT / "var" / "bench"
PROGRAMS = {
    "wrk": "Debian and Ubuntu: apt-get install wrk. macOS: brew install wrk.",
    "node": "The baseline and the socket job need Node 20.",
    "npm": "It comes with Node.",
}


def driver() -> Path:
    """Return the driver's script. Raises Problem."""
    return _place("BENCH_DRIVER", "bench") / "bench.py"


def baseline() -> Path:
    """Return our copy of the baseline with its packages installed. Raises Problem."""
    source, copy = _place("BENCH_BASELINE", "express-baseline"), SCRATCH / "express"
    shutil.copytree(
        source, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "uploads")
    )
    lock = copy / "package-lock.json"
    note, wanted = (
        copy / ".installed",
        (lock if lock.exists() else copy / "package.json").read_text(),
    )
    if not note.exists() or note.read_text() != wanted:
        _install(copy)
        note.write_text(wanted)
    return copy


def check_programs() -> None:
    """Raise Problem that names the first missing program."""
    for name, remedy in PROGRAMS.items():
        if shutil.which(name) is None:
            raise Problem(f"{name} is not installed. {remedy}")


def _place(variable: str, name: str) -> Path:
    folder = Path(os.environ.get(variable) or ROOT.parent / "shared" / name)
    if not folder.is_dir():
        raise Problem(f"There is no folder {folder}. Name the right one with {variable}=.")
    return folder.resolve()


def _install(folder: Path) -> None:
    for command in (["npm", "ci"], ["npm", "install"]):
        done = subprocess.run(
            [*command, "--no-audit", "--no-fund"],
            cwd=folder, check=False, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode == 0:
            return
    raise Problem(f"npm cannot install the baseline:\n{done.stderr[-2000:]}")
