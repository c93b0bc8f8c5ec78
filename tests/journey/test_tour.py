"""The tour on a portal that runs as people run it, also through a kill -9 in its middle."""

import json
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.running import RunningPortal, portal_in, tour

pytestmark = pytest.mark.servers


def test_r1_the_tour_goes_through_on_a_fresh_portal(running_portal: RunningPortal) -> None:
    """R2: the demo studio and its logins are there after the first start."""
    walk = tour(running_portal)
    output, _ = walk.communicate(timeout=120)
    assert walk.returncode == 0, output
    assert running_portal.manage("audit", "verify").returncode == 0


def test_r199_health_is_healthy_on_a_running_portal(running_portal: RunningPortal) -> None:
    """L45, L48: every check of C5 answers, and ready tells the time of each."""
    report = httpx.get(f"{running_portal.url}/health").json()
    assert report == {
        "status": "healthy",
        "checks": dict.fromkeys(("database", "redis", "broker", "storage", "outbox"), "healthy"),
    }
    ready = httpx.get(f"{running_portal.url}/health/ready").json()
    assert ready["status"] == "ready"
    assert all(check["status"] == "healthy" for check in ready["checks"].values())
    assert httpx.get(f"{running_portal.url}/health/live").json() == {"status": "ok"}


def test_r208_a_kill_in_the_middle_of_the_tour_loses_nothing(tmp_path: Path) -> None:
    """SIGKILL of the whole group; the next start recovers, all deliveries end, the chain holds."""
    with portal_in(tmp_path / "var") as portal:
        walk = tour(portal)
        assert walk.stdout is not None
        answered = []
        for line in walk.stdout:
            answered.append(line)
            if "approves" in line:
                break
        portal.kill()
        walk.send_signal(signal.SIGKILL)
        walk.wait()
        assert portal.start() < 60
        assert portal.manage("audit", "verify").returncode == 0
        wait_until_quiet(portal)
        second = tour(portal)
        output, _ = second.communicate(timeout=120)
        assert second.returncode == 0, output
        assert_approval_survived(portal)


def wait_until_quiet(portal: RunningPortal) -> None:
    """Wait until no consumer lags: the metrics tell, the sweep does the work."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        text = httpx.get(f"{portal.url}/metrics").text
        lags = [
            float(line.rpartition(" ")[2])
            for line in text.splitlines()
            if line.startswith("portico_event_cursor_lag{")
        ]
        if lags and not any(lags):
            return
        time.sleep(0.2)
    pytest.fail("consumers still lag a minute after the restart")


def assert_approval_survived(portal: RunningPortal) -> None:
    owner = portal.logins()["owner"]
    login = {"email": owner["email"], "password": owner["password"]}
    pair = httpx.post(f"{portal.url}/api/v1/auth/login", json=login).json()["data"]
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    rows = httpx.get(f"{portal.url}/api/v1/approvals?status=approved", headers=headers).json()
    assert len([row for row in rows["data"] if "signs as shown" in row["question"]]) == 2


def test_the_second_start_answers_within_five_seconds(tmp_path: Path) -> None:
    portal = RunningPortal(tmp_path / "var")
    portal.start(DEMO="0")
    assert portal.stop() == 0
    assert portal.start(DEMO="0") < 5
    assert portal.stop() == 0


def test_the_logins_name_everybody_of_the_cast(running_portal: RunningPortal) -> None:
    people = running_portal.logins()
    assert set(people) == {"owner", "staff", "accountant", "alice", "bob", "mallory"}
    assert all(set(p) == {"email", "password", "organization"} for p in people.values())
    assert people["mallory"]["organization"] != people["owner"]["organization"]
    mode = (running_portal.var / "demo-logins.json").stat().st_mode & 0o777
    assert json.dumps(people)
    assert mode == 0o600
