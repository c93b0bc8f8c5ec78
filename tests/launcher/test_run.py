"""`python -m launcher run` with real processes: first start, second start, every kind of end."""

import json
import os
import pwd
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.launcher.conftest import Portal


def test_the_first_start_prepares_everything_and_the_second_is_quick(portal: Portal) -> None:
    first = portal.start()
    assert portal.answers()
    assert "Migrating" in first
    assert f"Portico runs at http://127.0.0.1:{portal.port}" in first
    assert "owner@studio.test  open sesame" in first
    assert json.loads((portal.var / "demo-logins.json").read_text())
    for name in ("secret-key", "connection-keys", "demo-logins.json"):
        assert (portal.var / name).stat().st_mode & 0o077 == 0
    keys = [(portal.var / name).read_text() for name in ("secret-key", "connection-keys")]
    assert keys[1].startswith("k1:")
    assert portal.stop() == 0
    assert portal.pids() == {}

    started = time.monotonic()
    second = portal.start()
    assert time.monotonic() - started < 5
    assert "Migrating" not in second
    assert "Loading" not in second
    assert "owner@studio.test" in second
    assert keys == [(portal.var / name).read_text() for name in ("secret-key", "connection-keys")]


def test_without_demo_the_start_names_the_way_to_the_first_owner(portal: Portal) -> None:
    portal.extra["DEMO"] = "0"
    text = portal.start()
    assert "Loading" not in text
    assert "make owner" in text


def test_a_taken_port_is_named_with_its_holder(portal: Portal) -> None:
    with socket.create_server(("127.0.0.1", portal.port)):
        code, text = portal.call("run")
    assert code == 1
    assert f"Port {portal.port} is taken by" in text
    assert f"(process {os.getpid()})" in text
    assert f"PORT={portal.port + 1}" in text


def test_commands_without_a_running_portal_have_servers_of_their_own(portal: Portal) -> None:
    code, text = portal.call("manage", "ask", "select 7")
    assert (code, text.splitlines()[-1]) == (0, "7")
    assert portal.pids() == {}


def test_removed_demo_data_stays_away(portal: Portal) -> None:
    portal.start()
    assert portal.call("demo-remove")[0] == 0
    assert portal.stop() == 0
    text = portal.start()
    assert "Loading" not in text
    assert "make owner" in text


def test_an_ordinary_account_can_run_it(portal: Portal) -> None:
    if os.geteuid() != 0:
        pytest.skip("the other tests already run under an ordinary account")
    nobody = pwd.getpwnam("nobody")
    portal.account = nobody.pw_uid
    portal.python = _python_for(nobody.pw_uid)
    portal.var = portal.root.parent / "theirs" / "var"
    portal.var.parent.mkdir()
    os.chown(portal.var.parent, nobody.pw_uid, nobody.pw_gid)
    portal.start()
    assert portal.answers()
    assert Path(f"/proc/{portal.pid_of('bin/postgres')}").stat().st_uid == nobody.pw_uid
    assert portal.stop() == 0


def _python_for(uid: int) -> str:
    """Return a Python of our version that this account can run; ours may be below /root."""
    ours = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for python in (sys.executable, f"/usr/local/bin/{ours}", f"/usr/bin/{ours}"):
        try:
            subprocess.run([python, "-c", ""], user=uid, cwd="/", check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip(f"no {ours} that another account can run")


def test_a_second_launcher_for_the_same_folder_is_refused(running: Portal) -> None:
    code, text = running.call("run")
    assert code == 1
    assert f"already runs from {running.var}" in text
    assert f"http://127.0.0.1:{running.port}" in text
    assert running.answers()


def test_commands_use_the_servers_of_a_running_portal(running: Portal) -> None:
    code, text = running.call("manage", "ask", "select count(*) from organizations_organization")
    assert (code, text) == (0, "1\n")
    assert running.answers()
