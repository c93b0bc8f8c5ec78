"""Real worker processes on the test database, to be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from django.db import connection
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(slots=True)
class Yard:
    """Where a test's processes run: one broker address, one queue, one log file."""

    broker: str
    log: Path
    pool: str = "threads"
    prefix: str = ""

    def __post_init__(self) -> None:
        self.prefix = self.prefix or f"chaos.{uuid4().hex[:12]}"

    def environment(self, failpoints: str = "") -> dict[str, str]:
        """Return the environment of a process that works on the test database."""
        amqp = self.broker if self.broker.startswith("amqp") else ""
        return {
            **os.environ,
            "DATABASE_URL": _test_database(),
            "MIGRATION_DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "CHAOS_PREFIX": self.prefix,
            "CHAOS_BROKER": self.broker,
            "AMQP_URL": amqp,
            "HINTS_SENT": "true",
            "PORTICO_FAILPOINTS": failpoints,
        }

    def start(self, failpoints: str = "") -> subprocess.Popen[bytes]:
        """Start a worker in a process group of its own."""
        command = [sys.executable, "-m", "celery", "-A", "portal", "worker", "-P", self.pool]
        command += ["-c", "2", "-Q", self.prefix, "--without-gossip", "--without-mingle"]
        command += ["--loglevel", "WARNING", "-n", f"{uuid4().hex[:8]}@test"]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command, cwd=ROOT, env=self.environment(failpoints), stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def act(self, *arguments: object) -> None:
        """Let another process do business actions and send their hints."""
        command = [sys.executable, "-m", "tests.chaos.act", *map(str, arguments)]
        subprocess.run(command, cwd=ROOT, env=self.environment(), check=True, timeout=60)

    @contextmanager
    def worker(self, failpoints: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker for the block and leave nothing of it behind."""
        process = self.start(failpoints)
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker and its children at once, as a power cut does."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def comes_true(condition: Callable[[], bool], seconds: float) -> bool:
    """Look again and again until the condition holds; return whether it did in time."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def _test_database() -> str:
    return make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
