"""Temporary folders for the embedded servers of a test run, and the clean-up after a killed one."""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from launcher import processes
from launcher.folders import Lock

PREFIX = "portico-test-"


def make() -> tuple[Path, Lock]:
    """Return a new folder and its lock, after removing what killed runs left behind."""
    parent = Path(tempfile.gettempdir())
    for old in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another account's
            _remove_if_dead(old)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # the account of the database passes through
    lock = Lock(folder / "lock")
    lock.take()
    return folder, lock


def _remove_if_dead(folder: Path) -> None:
    lock = Lock(folder / "lock")
    if not (folder / "lock").exists() or not lock.take():
        return
    processes.end_with_argument(str(folder))
    shutil.rmtree(folder, ignore_errors=True)
    lock.release()
