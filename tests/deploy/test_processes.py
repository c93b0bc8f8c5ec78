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

ROOT = Path(__file__).parents[2]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
SECONDS = 60.0
HOST = "portal.studio.test"

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def database_url() -> str:
    """Return the address of the tests' database, which is migrated."""
    found = connection.settings_dict
    word = f":{quote(found['PASSWORD'], safe='')}" if found["PASSWORD"] else ""
    where = f"{quote(found['HOST'], safe='')}:{found['PORT'] or 5432}"
    return f"postgresql://{found['USER']}{word}@{where}/{found['NAME']}"


@contextmanager
def started(service: str, folder: Path) -> Iterator[int]:
    """Start a service's command on a free port; stop it as Docker does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    words = [str(word) for word in SERVICES[service]["command"]]
    words[words.index("--port") + 1] = str(port)
    words[words.index("--host") + 1] = "127.0.0.1"
    words[0] = str(Path(sysconfig.get_path("scripts")) / words[0])
    env = os.environ | {
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
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        wait_for(process, port, folder / "log")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) in {0, -signal.SIGTERM}


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


def test_live_answers_its_health_check(tmp_path: Path) -> None:
    with started("live", tmp_path) as port:
        assert status(port, "/health/live")[0] == 200
