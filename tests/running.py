"""The whole portal as `make run` starts it: own database, own Valkey, web and worker processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 120
# What `make test` sets for itself must not reach a portal that starts as a person starts it.
OF_THE_TESTS = (
    "DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "AMQP_URL", "MQTT_URL", "SECRET_KEY",
    "CONNECTION_KEYS", "PORTICO_ENV", "CHANNEL_PREFIX", "HINTS_SENT", "VAR", "LOG_REQUESTS",
    "PYTEST_CURRENT_TEST", "DJANGO_SETTINGS_MODULE", "WEBHOOK_ALLOW",
)  # fmt: skip


class RunningPortal:
    """One start of `python -m launcher run` in a folder of its own."""

    def __init__(self, var: Path) -> None:
        self.var, self.port = var, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **settings: str) -> float:
        """Start it and return the seconds until it was ready to serve."""
        env = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
        env |= {"VAR": str(self.var), "PORT": str(self.port)} | settings
        began = time.monotonic()
        self.var.mkdir(parents=True, exist_ok=True)
        with (self.var / "run.out").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "launcher", "run"],
                cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > began + PATIENCE_SECONDS:
                raise RuntimeError((self.var / "run.out").read_text()[-3000:])
            time.sleep(0.05)
        return time.monotonic() - began

    def is_ready(self) -> bool:
        """Whether it answers requests, with its demo logins written."""
        try:
            answer = httpx.get(f"{self.url}/health/ready", timeout=2)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def logins(self) -> dict[str, dict[str, str]]:
        """Return the demo logins by name."""
        found: dict[str, dict[str, str]] = json.loads((self.var / "demo-logins.json").read_text())
        return found

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command on the data of this portal."""
        env = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
        return subprocess.run(
            [sys.executable, "-m", "launcher", "manage", *arguments],
            cwd=ROOT, env=env | {"VAR": str(self.var)}, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip

    def kill(self) -> None:
        """SIGKILL the launcher and everything below it, databases included."""
        assert self.process is not None
        for pid in tree_of(self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def stop(self) -> int:
        """Stop it as Ctrl-C does and return the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


def tree_of(root: int) -> list[int]:
    """Return a process and its living descendants, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def portal_in(var: Path, **settings: str) -> Iterator[RunningPortal]:
    """Yield a started portal; stop it afterwards."""
    portal = RunningPortal(var)
    try:
        portal.start(**settings)
        yield portal
    finally:
        if portal.process is not None and portal.process.poll() is None:
            portal.stop()


def tour(portal: RunningPortal, **options: Any) -> subprocess.Popen[str]:
    """Start the tour against a portal."""
    logins = portal.var / "demo-logins.json"
    return subprocess.Popen(
        [sys.executable, "-m", "tour", "--base", portal.url, "--logins", str(logins)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options,
    )  # fmt: skip
