"""Chooses the account, the binaries and the folder of the embedded database.

PostgreSQL refuses to run as root. As root it gets another account, and that account must reach
its binaries and its data. Modes of folders that we did not make stay as they are.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.problems import Problem

SYSTEM_HOME = Path("/var/lib/portico")  # used when the account cannot reach the checkout


@dataclass(frozen=True)
class Place:
    """Who runs PostgreSQL, with which binaries, and where its data is."""

    bin: Path
    home: Path
    owner: pwd.struct_passwd | None  # None: this process' own account

    @property
    def ids(self) -> tuple[int, int] | None:
        """User and group of the account."""
        return (self.owner.pw_uid, self.owner.pw_gid) if self.owner else None

    @property
    def as_owner(self) -> dict[str, Any]:
        """The arguments of `subprocess` that start a process under the account."""
        return as_account(self.owner)


def as_account(owner: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return the arguments of `subprocess` that start a process under this account."""
    if owner is None:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": [], "cwd": "/"}


def place_for(home: Path, binaries: Path) -> Place:
    """Return account, binaries and folder for a home inside the data folder. Raises Problem."""
    if os.geteuid() != 0:
        _refuse_foreign(home)
        return Place(binaries, home, None)
    pointer = home.with_suffix(".elsewhere")
    if pointer.exists():
        home = Path(pointer.read_text().strip())
    owner = _account(home / "data")
    if not _reaches(owner, binaries):
        binaries = _copied(binaries)
    if not _reaches(owner, home):
        if (home / "data").exists():
            raise Problem(
                f"The account {owner.pw_name} no longer reaches the database in {home}. Allow it "
                "to pass through the folders above (chmod o+x), or move the folder."
            )
        home = _elsewhere(home)
        pointer.write_text(str(home))
    return Place(binaries, home, owner)


def _refuse_foreign(home: Path) -> None:
    data = home / "data"
    if data.exists() and data.stat().st_uid != os.geteuid():
        name = _name_of(data.stat().st_uid)
        raise Problem(
            f"The database in {home} belongs to the account {name}. "
            "Start as that account (root may, too), or choose another folder with VAR=."
        )


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _account(data: Path) -> pwd.struct_passwd:
    """The owner of existing data, else `postgres`, else `nobody`."""
    if data.exists() and (uid := data.stat().st_uid) != 0:
        try:
            return pwd.getpwuid(uid)
        except KeyError as error:
            raise Problem(f"The owner of {data} (id {uid}) has no account here.") from error
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]


def _reaches(owner: pwd.struct_passwd, folder: Path) -> bool:
    """Whether the account may pass through every folder on the way. Asked by trying."""
    while not folder.exists():
        folder = folder.parent
    command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False, **as_account(owner))
    return done.returncode == 0


def _copied(binaries: Path) -> Path:
    """Copy the installation to a place that every account reaches; the parent of `bin`."""
    source = binaries.parent
    stamp = f"{(source / 'bin/postgres').stat().st_size}{(source / 'bin/postgres').stat().st_mtime}"
    target = SYSTEM_HOME / f"pginstall-{hashlib.sha256(stamp.encode()).hexdigest()[:12]}"
    if not target.exists():
        _public(SYSTEM_HOME)
        fresh = target.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(source, fresh, symlinks=True)
        for folder in (fresh, *_folders_in(fresh)):
            folder.chmod(0o755)
        fresh.rename(target)
    return target / "bin"


def _elsewhere(home: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    parent = SYSTEM_HOME / digest
    _public(SYSTEM_HOME)
    _public(parent)
    return parent / home.name


def _public(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)


def _folders_in(folder: Path) -> Iterator[Path]:
    return (entry for entry in folder.rglob("*") if entry.is_dir() and not entry.is_symlink())
