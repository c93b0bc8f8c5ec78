"""The embedded PostgreSQL and the roles: starts, crashes, foreign processes, rights."""

import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from launcher import accounts, postgres, processes, roles
from launcher.postgres import SUPERUSER, EmbeddedPostgres
from launcher.problems import Problem
from tests.launcher.conftest import ROOT


def _superuser(server: EmbeddedPostgres, database: str = "postgres") -> str:
    return server.url(SUPERUSER, database)


def _ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def test_it_starts_stops_and_starts_again(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    assert not server.is_adopted
    assert _ask(_superuser(server), "show fsync") == "on"
    assert _ask(_superuser(server), "select upper('ä€ñ')") == "Ä€Ñ"
    server.stop()
    assert not server.is_running()
    started = time.monotonic()
    server.start()
    assert time.monotonic() - started < 2
    server.stop()


def test_a_server_left_behind_is_adopted_and_can_be_stopped(database: EmbeddedPostgres) -> None:
    later = EmbeddedPostgres(database.home)
    later.start()
    assert later.is_adopted
    later.stop()
    assert not database.is_running()


def test_acknowledged_rows_survive_a_kill_of_the_server(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    with psycopg.connect(_superuser(server), autocommit=True) as connection:
        connection.execute("create table counted (n int)")
    acknowledged: list[int] = []

    def write() -> None:
        with psycopg.connect(_superuser(server), autocommit=True) as connection:
            while True:
                connection.execute("insert into counted values (%s)", [len(acknowledged)])
                acknowledged.append(len(acknowledged))

    def write_until_the_end() -> None:
        try:
            write()
        except psycopg.OperationalError:
            return  # the kill

    writer = threading.Thread(target=write_until_the_end)
    writer.start()
    while len(acknowledged) < 20:
        time.sleep(0.01)
    os.kill(int((server.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    writer.join(timeout=20)
    server.start()
    found = _ask(_superuser(server), "select count(*) from counted")
    server.stop()
    assert isinstance(found, int)
    assert found >= len(acknowledged)


def test_a_killed_server_that_nobody_buries_is_replaced(home: Path) -> None:
    # The server's parent lives on and never asks for its end, like process 1 of some containers.
    code = (
        "import sys, time; from launcher.postgres import *;"
        f"server = EmbeddedPostgres(Path({str(home)!r}), fast=True); server.start();"
        "print(server._pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        dead = int(parent.stdout.readline())
        os.kill(dead, signal.SIGKILL)
        server = EmbeddedPostgres(home, fast=True)
        server.start(deadline_seconds=20)
        assert processes.is_zombie(dead)
        assert _ask(_superuser(server), "select 1") == 1
        server.stop()
        parent.kill()


def test_a_kill_while_the_cluster_is_made_is_repaired(home: Path) -> None:
    code = f"from launcher.postgres import *; EmbeddedPostgres(Path({str(home)!r})).start()"
    launcher = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, start_new_session=True)
    half_made = home / "data.new" / "PG_VERSION"
    while not half_made.exists():
        assert launcher.poll() is None
        time.sleep(0.001)
    os.killpg(launcher.pid, signal.SIGKILL)
    launcher.wait()
    assert not (home / "data").exists()
    server = EmbeddedPostgres(home, fast=True)
    server.start()
    assert _ask(_superuser(server), "select 1") == 1
    server.stop()


def test_a_used_again_process_id_is_no_server(database: EmbeddedPostgres) -> None:
    note = database.data / "postmaster.pid"
    kept = note.read_text()
    database.stop()
    # A crash leaves the note behind, and the id in it may belong to anyone by now.
    note.write_text(kept.replace(kept.split()[0], str(os.getpid()), 1))
    os.chown(note, *(database.place.ids or (-1, -1)))
    later = EmbeddedPostgres(database.home, fast=True)
    later.start()
    assert _ask(_superuser(later), "select 1") == 1
    later.stop()


def test_data_of_another_version_is_refused(database: EmbeddedPostgres) -> None:
    database.stop()
    (database.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(Problem, match=r"made by PostgreSQL 12, this is \d+"):
        EmbeddedPostgres(database.home).start()


def test_a_deep_folder_gets_a_short_socket(home: Path) -> None:
    server = EmbeddedPostgres(home / ("deep-" * 20), fast=True)
    server.start()
    assert len(str(server.sock)) < 80
    assert server.sock.stat().st_mode & 0o777 == 0o700
    assert _ask(_superuser(server), "select 1") == 1
    server.stop()
    server.sock.rmdir()


def test_root_moves_out_of_a_folder_that_the_account_cannot_enter(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root starts the database under another account")
    monkeypatch.setattr(accounts, "SYSTEM_HOME", folder / "system")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    found = postgres.binaries()
    assert found
    (closed / "pginstall").symlink_to(found.parent)
    place = accounts.place_for(closed / "postgres", found)
    assert place.home.parent.parent == folder / "system"
    assert place.owner
    assert closed.stat().st_mode & 0o777 == 0o700
    # Once chosen, the place stays, or the data would seem to be lost.
    closed.chmod(0o755)
    assert accounts.place_for(closed / "postgres", found).home == place.home


def test_root_copies_binaries_that_the_account_cannot_reach(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root starts the database under another account")
    monkeypatch.setattr(accounts, "SYSTEM_HOME", folder / "system")
    closed = folder / "closed"
    installation = closed / "pginstall"
    (installation / "bin").mkdir(parents=True)
    closed.chmod(0o700)
    (installation / "bin/postgres").write_text("#!/bin/sh\necho copied\n")
    (installation / "bin/postgres").chmod(0o755)
    place = accounts.place_for(home, installation / "bin")
    assert place.home == home
    command = [place.bin / "postgres"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, **place.as_owner)
    assert done.stdout == "copied\n"


def test_data_keeps_its_account(home: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root starts the database under another account")
    nobody = pwd.getpwnam("nobody")
    (home / "data").mkdir(parents=True)
    os.chown(home / "data", nobody.pw_uid, nobody.pw_gid)
    found = postgres.binaries()
    assert found
    assert accounts.place_for(home, found).owner == nobody


def test_the_role_of_the_portal_has_its_rights_and_no_more(database: EmbeddedPostgres) -> None:
    for _ in range(2):  # repeating it is safe
        roles.prepare(_superuser(database), "portico")
    owner, app = (database.url(name, "portico") for name in (roles.OWNER, roles.APP))
    with psycopg.connect(owner) as connection:
        connection.execute("create table notes (id bigserial, text text)")
        connection.execute("create function twice(n int) returns int language sql as 'select 2*n'")
        connection.execute("create table kept (id int)")
        connection.execute("revoke delete on kept from portico_app")
    roles.prepare(_superuser(database), "portico")
    with psycopg.connect(app, autocommit=True) as connection:
        connection.execute("insert into notes (text) values ('a')")
        connection.execute("update notes set text = 'b'")
        assert connection.execute("select text, twice(2) from notes").fetchall() == [("b", 4)]
        connection.execute("delete from notes")
        for refused in ("delete from kept", "create table mine (id int)", "drop table notes"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused.encode())
    mighty = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
    assert _ask(owner, mighty) is False
    assert _ask(app, mighty) is False


def test_several_test_runs_prepare_the_same_role_at_once(database: EmbeddedPostgres) -> None:
    superuser = _superuser(database)
    with ThreadPoolExecutor(8) as pool:
        urls = list(pool.map(lambda _: roles.prepare_for_tests(superuser, "portico"), range(8)))
    assert len(set(urls)) == 1
    assert not roles.is_superuser(urls[0])
    with psycopg.connect(urls[0], autocommit=True) as connection:
        connection.execute("create table mine (id int)")
        connection.execute("create database test_mine")


def test_a_process_is_known_by_id_and_start(tmp_path: Path) -> None:
    child = subprocess.Popen(["sleep", "60"])
    processes.remember(tmp_path, "web", child.pid)
    known = processes.started_at(child.pid)
    assert known
    note = tmp_path / "web.json"
    note.write_text(note.read_text().replace(known, known + "0"))
    assert processes.end_orphans(tmp_path, tmp_path) == []
    processes.remember(tmp_path, "web", child.pid)
    assert processes.end_orphans(tmp_path, tmp_path) == [child.pid]
    assert child.wait() == -signal.SIGTERM
    assert processes.started_at(child.pid) == ""
