"""The data folder: its lock, its secrets, and where each part of the launcher keeps its files."""

import base64
import fcntl
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

from launcher.problems import Problem

SOCKET_PATH_BYTES = 100  # the kernel takes 107 on Linux and 103 on macOS


class Folders:
    """The data folder (`VAR`) and the places inside it."""

    def __init__(self, var: Path) -> None:
        self.var = var.resolve()
        self.postgres = self.var / "postgres"
        self.valkey = self.var / "valkey"
        self.logs = self.var / "logs"
        self.processes = self.var / "processes"  # one note per child: id and start time
        self.logins = self.var / "demo-logins.json"
        # There after the demo data was removed on purpose, so that it does not come back.
        self.demo_removed = self.var / "demo-removed"
        self.migrated = self.var / "migrated.json"
        self.lock = self.var / "lock"

    def prepare(self) -> None:
        """Make the folders. Raises Problem when the place is not ours to write."""
        # As root the database runs under another account, which must pass through this folder.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            if not self.var.exists():
                self.var.mkdir(parents=True)
                self.var.chmod(mode)
            for folder in (self.logs, self.processes):
                folder.mkdir(mode=0o700, exist_ok=True)
            self.lock.touch(mode=0o600)
        except OSError as error:
            raise Problem(
                f"The data folder {self.var} cannot be written ({error.strerror}). "
                "Give this account the right to write there, or choose another folder with VAR=."
            ) from error


class Lock:
    """Held from start to end. The kernel gives it back when the holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1

    def take(self) -> bool:
        """Return whether the lock is ours now."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)  # children do not inherit it
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        self.say(f"process {os.getpid()}")
        return True

    def say(self, text: str) -> None:
        """Write who holds the lock, for the message of a second start."""
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, text.encode(), 0)

    def holder(self) -> str:
        """Return what the holder wrote."""
        return self._path.read_text() or "another process"

    def release(self) -> None:
        """Give the lock back."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def secret(path: Path, *, prefix: str = "") -> str:
    """Return the secret of this file; make one of 32 random bytes when there is none."""
    if not path.exists():
        value = base64.b64encode(secrets.token_bytes(32)).decode()
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(prefix + value)
            file.flush()
            os.fsync(handle)
        fresh.rename(path)
    return path.read_text().strip()


def socket_folder(wanted: Path, longest_name: str, owner: tuple[int, int] | None = None) -> Path:
    """Return a private folder for a socket: the wanted one, or a short one for a long path."""
    folder = wanted
    if len(os.fsencode(wanted / longest_name)) > SOCKET_PATH_BYTES:
        digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"portico-{digest}"
        if len(os.fsencode(folder / longest_name)) > SOCKET_PATH_BYTES:
            folder = Path("/tmp") / folder.name  # noqa: S108  # checked for its owner below
    private_folder(folder, owner)
    return folder


def private_folder(folder: Path, owner: tuple[int, int] | None = None) -> None:
    """Make a folder that only its owner enters. Raises Problem when someone else made it."""
    user, group = owner or (os.geteuid(), os.getegid())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid not in {user, os.geteuid()}:
        raise Problem(f"The folder {folder} belongs to someone else. Remove it or choose VAR=.")
    if found.st_uid != user:
        os.chown(folder, user, group)
    folder.chmod(0o700)
