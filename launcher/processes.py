"""Recognises processes: ours from an earlier start, and whoever holds a port.

A process id alone proves nothing, because ids are used again. A child is known by id and start
time, and by a mark in its environment.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARK = "PORTICO_STARTED_FOR"  # the data folder, in the environment of every child
PROC = Path("/proc")


def started_at(pid: int) -> str:
    """Return a text that differs for every process that ever has this id; "" if there is none."""
    if not PROC.is_dir():  # macOS
        command = ["ps", "-o", "lstart=", "-p", str(pid)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    fields = _stat(pid)
    if not fields or fields[0] in "ZX":
        return ""
    boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {fields[19]}"


def is_zombie(pid: int) -> bool:
    """Return whether the process has ended and only its parent has not asked for it yet."""
    fields = _stat(pid)
    return bool(fields) and fields[0] == "Z"


def is_anyone_in(folder: Path) -> bool:
    """Return whether a process that we can see works in this folder."""
    for pid in _pids():
        with suppress(OSError):
            if (PROC / str(pid) / "cwd").readlink() == folder:
                return True
    return False


def remember(folder: Path, name: str, pid: int) -> None:
    """Write down a child, for the start after a crash."""
    fresh = folder / f"{name}.new"
    fresh.write_text(json.dumps({"pid": pid, "started": started_at(pid)}))
    fresh.rename(folder / f"{name}.json")


def forget(folder: Path, name: str) -> None:
    """Remove the note about a child that has ended."""
    (folder / f"{name}.json").unlink(missing_ok=True)


def end_orphans(folder: Path, var: Path, patience_seconds: float = 5.0) -> list[int]:
    """End what an earlier start left running for this data folder and return the ids."""
    orphans = sorted({*_remembered(folder), *_marked(var)} - {os.getpid(), os.getppid()})
    _send(orphans, signal.SIGTERM)
    deadline = time.monotonic() + patience_seconds
    while any(started_at(pid) for pid in orphans) and time.monotonic() < deadline:
        time.sleep(0.05)
    _send([*orphans, *_marked(var)], signal.SIGKILL)
    for note in folder.glob("*.json"):
        note.unlink()
    return orphans


def end_with_argument(text: str) -> None:
    """End every process that has this text in an argument: servers of a folder to be removed."""
    for pid in _pids():
        with suppress(OSError):
            if text.encode() in (PROC / str(pid) / "cmdline").read_bytes() and pid != os.getpid():
                os.kill(pid, signal.SIGKILL)


def holder_of(port: int) -> str:
    """Return "program (process 123)" for the listener of a TCP port, or "another program"."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for pid in _pids():
        with suppress(OSError):  # gone, or of another account
            for handle in (PROC / str(pid) / "fd").iterdir():
                if str(handle.readlink()) in sockets:
                    name = (PROC / str(pid) / "comm").read_text().strip()
                    return f"{name} (process {pid})"
    return "another program"


def _stat(pid: int) -> list[str]:
    try:
        # The name, in parentheses, may hold blanks; state and start time stand behind it.
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _remembered(folder: Path) -> Iterator[int]:
    for note in folder.glob("*.json"):
        with suppress(ValueError, KeyError):  # cut short by the crash: the mark finds it
            known = json.loads(note.read_text())
            if known["started"] and started_at(known["pid"]) == known["started"]:
                yield known["pid"]


def _marked(var: Path) -> Iterator[int]:
    mark = f"{MARK}={var}".encode()
    for pid in _pids():
        with suppress(OSError):
            environment = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
            if mark in environment and pid != os.getpid() and started_at(pid):
                yield pid


def _pids() -> list[int]:
    if not PROC.is_dir():
        return []
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _listening(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]
