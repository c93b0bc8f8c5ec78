"""Keeps the children running: starts, watches, restarts and stops them in order.

Each child has its own session, so that Ctrl-C on the terminal reaches the launcher alone, and
its own log file.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from launcher import processes, signals
from launcher.progress import say

INTERVAL_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0  # a child that lived this long starts with a short pause again
LOG_BYTES = 20 * 2**20
TAIL_LINES = 15


class Server(Protocol):
    """What the supervisor asks of an embedded server."""

    def start(self) -> None:
        """Start or adopt it."""

    def is_running(self) -> bool:
        """Tell whether it still runs."""

    def stop(self) -> None:
        """Stop it."""


@dataclass(frozen=True)
class Command:
    """What a child is."""

    name: str
    arguments: Sequence[str]
    env: Mapping[str, str]
    patience_seconds: float  # from the polite request to the end


class Child:
    """One process that is started again when it dies."""

    def __init__(self, command: Command, logs: Path, notes: Path) -> None:
        self.command = command
        self.log = logs / f"{command.name}.log"
        self.deaths = 0
        self._notes = notes
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._next_start = 0.0

    def start(self) -> None:
        """Start the process and write down its id."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command.arguments,
                env=self.command.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        processes.remember(self._notes, self.command.name, self._process.pid)
        self._started = time.monotonic()

    def tend(self) -> None:
        """Start the process again when it is dead and its pause is over."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._next_start:
                self.start()
        elif (code := self._process.poll()) is not None:
            self._bury(code, now)

    def stop(self) -> None:
        """Ask the process to end, and end it with all it started when it takes too long."""
        if self._process is None:
            return
        self._process.terminate()
        deadline = time.monotonic() + self.command.patience_seconds
        while self._process.poll() is None:
            if time.monotonic() > deadline or signals.is_impatient():
                break
            time.sleep(0.02)
        self._end_group()
        self._process.wait()
        self._process = None
        processes.forget(self._notes, self.command.name)

    def tail(self) -> str:
        """Return the last lines of the log."""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 8192))
            lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])

    def shorten_log(self) -> None:
        """Keep one old log; the process goes on writing to the same, emptied file."""
        if self.log.stat().st_size > LOG_BYTES:
            shutil.copyfile(self.log, self.log.with_suffix(".1.log"))
            os.truncate(self.log, 0)

    def _bury(self, code: int, now: float) -> None:
        self._end_group()  # what the process started would hold its port or its queue
        self._process = None
        self.deaths = 1 if now - self._started > STEADY_SECONDS else self.deaths + 1
        pause = min(0.5 * 2 ** (self.deaths - 1), LONGEST_PAUSE_SECONDS)
        self._next_start = now + pause
        cause = f"signal {-code}" if code < 0 else f"exit code {code}"
        warn(
            f"{self.command.name} ended ({cause}); it starts again in {pause:g} s. Its last lines, "
            f"from {self.log}:\n{self.tail()}"
        )

    def _end_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            if self._process is not None:
                os.killpg(self._process.pid, signal.SIGKILL)


class Supervisor:
    """All children and servers of one start."""

    def __init__(self) -> None:
        self._servers: dict[str, Server] = {}
        self._children: list[Child] = []
        self._next_log_check = 0.0

    def add_server(self, name: str, server: Server) -> None:
        """Start an embedded server and keep it running."""
        self._servers[name] = server  # first, so that a stop during its start ends it
        server.start()

    def add_child(self, child: Child) -> None:
        """Start a process and keep it running."""
        self._children.append(child)
        child.start()

    def watch(self, until: Callable[[], bool]) -> None:
        """Keep everything running until the condition holds. Raises Stopped, Problem."""
        while not until():
            for name, server in self._servers.items():
                if not server.is_running():
                    warn(f"{name} ended; it starts again.")
                    server.start()
            for child in self._children:
                child.tend()
            self._shorten_logs()
            signals.pause(INTERVAL_SECONDS)

    def stop(self) -> None:
        """Stop the children in the order of their start, then the servers in the reverse."""
        for child in self._children:
            child.stop()
        for server in reversed(self._servers.values()):
            server.stop()

    def _shorten_logs(self) -> None:
        now = time.monotonic()
        if now >= self._next_log_check:
            self._next_log_check = now + 60
            for child in self._children:
                child.shorten_log()


def warn(text: str) -> None:
    """Print something that a person should see between ordinary lines."""
    say(f"\n  !!  {text}\n")
