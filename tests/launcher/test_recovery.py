"""What the launcher does about crashes: its own, its children's, and those of an earlier start."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.launcher.conftest import SECONDS, Portal


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + SECONDS
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_after_a_kill_of_the_launcher_the_next_start_takes_over(portal: Portal) -> None:
    portal.start()
    web, database = portal.pid_of("uvicorn"), portal.pid_of("bin/postgres")
    assert portal.process
    portal.process.kill()
    portal.process.wait()
    assert portal.answers()  # the old web process still holds the port
    text = portal.start()
    assert "that an earlier start left behind" in text
    assert "was still running" in text
    assert portal.answers()
    assert web not in portal.pids().values()
    assert portal.pid_of("bin/postgres") == database
    assert portal.stop() == 0
    assert portal.pids() == {}


def test_after_a_kill_of_everything_the_next_start_has_all_rows(portal: Portal) -> None:
    portal.start()
    for pid in portal.pids().values():
        os.kill(pid, signal.SIGKILL)
    assert portal.process
    portal.process.wait()
    text = portal.start()
    assert "owner@studio.test" in text
    assert "Migrating" not in text
    code, count = portal.call("manage", "ask", "select count(*) from organizations_organization")
    assert (code, count) == (0, "1\n")


def test_a_migration_that_fails_ends_the_start_with_its_text(portal: Portal) -> None:
    (portal.root / "apps/one/migrations/0001_first.py").write_text("create nonsense")
    code, text = portal.call("run")
    assert code == 1
    assert "could not be migrated" in text
    assert 'syntax error at or near "nonsense"' in text
    assert portal.pids() == {}


def test_a_web_process_that_cannot_start_ends_the_start(portal: Portal) -> None:
    (portal.root / "portal/asgi.py").write_text("raise RuntimeError('broken settings')")
    code, text = portal.call("run")
    assert code == 1
    assert "broken settings" in text
    assert "web process does not start" in text
    assert portal.pids() == {}


def test_a_stop_in_the_middle_of_a_migration_leaves_nothing_running(portal: Portal) -> None:
    migration = portal.root / "apps/one/migrations/0001_first.py"
    kept = migration.read_text()
    migration.write_text("select pg_sleep(60)")
    portal.process = portal.launch("run")
    deadline = time.monotonic() + SECONDS
    while not any("manage.py" in name for name in portal.pids()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert portal.stop() == 0
    assert portal.pids() == {}
    migration.write_text(kept)
    assert "Migrating" in portal.start()


@pytest.mark.parametrize("kind", ["uvicorn", "celery", "bin/postgres", "valkey-server"])
def test_what_dies_is_started_again(running: Portal, kind: str) -> None:
    dead = running.pid_of(kind)
    os.kill(dead, signal.SIGKILL)
    _wait_until_gone(dead)
    deadline = time.monotonic() + SECONDS
    while not any(name.startswith(kind) and pid > dead for name, pid in running.pids().items()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "starts again" in running.output.read_text()
    while not running.answers():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_terminal_that_is_gone_stops_nothing(portal: Portal) -> None:
    reading, writing = os.pipe()
    process = portal.launch("run", output=writing)
    os.close(writing)
    os.close(reading)
    portal.process = process
    deadline = time.monotonic() + SECONDS
    while not portal.answers():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert portal.stop() == 0
    assert portal.pids() == {}
