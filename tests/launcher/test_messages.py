"""What the launcher says when it cannot start, and the small parts that decide it."""

import ast
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from launcher import (
    demo,
    environment,
    folders,
    migrations,
    options,
    preflight,
    require_python,
    testing,
)
from launcher.folders import Folders
from launcher.options import Options
from launcher.postgres import SUPERUSER, EmbeddedPostgres
from launcher.problems import Problem
from tests.launcher.conftest import ROOT


def test_an_old_python_is_named_with_the_remedy() -> None:
    text = require_python.problem_with((3, 9, 2))
    assert "needs Python 3.11 or newer; this is Python 3.9" in text
    assert "PYTHON=" in text
    assert require_python.problem_with((3, 11, 0)) == ""
    assert require_python.problem_with((3, 13, 1)) == ""
    assert "python3.12-venv" in require_python.problem_with((3, 12, 0), has_venv=False)


@pytest.mark.parametrize("name", ["require_python.py", "__main__.py", "__init__.py"])
def test_an_old_python_can_read_the_file_that_refuses_it(name: str) -> None:
    ast.parse((ROOT / "launcher" / name).read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "8000.5"])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="PORT must be a number"):
        preflight.port_from(text)


def test_a_taken_port_is_refused_and_a_free_one_is_not(free_port: Callable[[], int]) -> None:
    port = free_port()
    preflight.check_port("127.0.0.1", port)
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(Problem, match=f"Port {port} is taken by .* make run PORT={port + 1}"),
    ):
        preflight.check_port("127.0.0.1", port)


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    preflight.check_disk(tmp_path, needed_bytes=1)
    with pytest.raises(Problem, match=r"has \d+ MB left; Portico needs \d+ MB"):
        preflight.check_disk(tmp_path, needed_bytes=10**18)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Problem, match=r"cannot be written .* VAR="):
        Folders(tmp_path / "file" / "var").prepare()


def test_windows_is_sent_to_wsl() -> None:
    with pytest.raises(Problem, match="inside WSL"):
        preflight.check_platform("nt")


def test_an_unknown_command_shows_the_usage() -> None:
    command = [sys.executable, "-m", "launcher", "fly"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "python -m launcher run" in done.stderr


def test_a_secret_is_made_once_and_for_one_account(tmp_path: Path) -> None:
    first = folders.secret(tmp_path / "key", prefix="k1:")
    assert first == folders.secret(tmp_path / "key", prefix="k1:")
    assert first.startswith("k1:")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_migrations_are_skipped_only_when_nothing_changed(
    tmp_path: Path, database: EmbeddedPostgres
) -> None:
    url, note = database.url(SUPERUSER, "postgres"), tmp_path / "note"
    first = tmp_path / "apps/one/migrations/0001_first.py"
    first.parent.mkdir(parents=True)
    first.write_text("1")
    assert not migrations.is_current(note, tmp_path, url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "create table django_migrations (id int, app text, name text, applied timestamptz)"
        )
        connection.execute("insert into django_migrations values (1, 'one', '0001_first', now())")
        migrations.write_down(note, tmp_path, url)
        assert migrations.is_current(note, tmp_path, url)
        second = first.with_name("0002_second.py")
        second.write_text("2")
        assert not migrations.is_current(note, tmp_path, url)
        second.unlink()
        assert migrations.is_current(note, tmp_path, url)
        connection.execute("delete from django_migrations")  # an older copy of the database
        assert not migrations.is_current(note, tmp_path, url)
    note.write_text("{cut sh")
    assert not migrations.is_current(note, tmp_path, url)


@pytest.mark.parametrize(
    ("wish", "url", "files", "is_new", "expected"),
    [
        ("", "", [], True, True),
        ("", "", ["demo-logins.json"], False, False),
        ("", "", ["demo-logins.json"], True, True),  # the database was thrown away
        ("", "", [], False, True),  # the first load was killed
        ("", "", ["demo-removed"], False, False),
        ("1", "", ["demo-removed"], False, True),
        ("", "postgresql://elsewhere", [], False, False),
        ("", "postgresql://elsewhere", [], True, True),
        ("1", "postgresql://elsewhere", [], False, True),
    ],
)
def test_when_the_demo_studio_is_loaded(
    tmp_path: Path, wish: str, url: str, files: list[str], is_new: bool, expected: bool
) -> None:
    for name in files:
        (tmp_path / name).touch()
    start = Options(tmp_path, Folders(tmp_path), "127.0.0.1", 8000, url, "", wish)
    assert demo.is_wanted(start, is_new=is_new) is expected


def test_what_a_person_has_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "mine")
    monkeypatch.setenv("AMQP_URL", "amqp://mine")
    start = Options(tmp_path, Folders(tmp_path), "127.0.0.1", 8000, "", "", "")
    env = environment.for_run(start, environment.Addresses("a", "b", "c"))
    assert (env["SECRET_KEY"], env["AMQP_URL"]) == ("mine", "amqp://mine")
    assert (env["DATABASE_URL"], env["MIGRATION_DATABASE_URL"], env["REDIS_URL"]) == ("a", "b", "c")


def test_a_dotenv_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PORT", "HOST", "VAR", "DATABASE_URL", "REDIS_URL", "DEMO"):
        monkeypatch.setenv(name, "x")  # so that it is put back after the test
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOST", "localhost")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manage.py").touch()
    (tmp_path / ".env").write_text("# PORT=1\nPORT=8123\nexport VAR='data'\nHOST=0.0.0.0\n")
    found = options.read()
    assert (found.port, found.host) == (8123, "localhost")
    assert found.folders.var == tmp_path / "data"


def test_tests_get_embedded_servers_where_none_answers(
    home: Path, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = free_port()
    monkeypatch.setattr(testing, "LOCAL_DATABASE", f"postgresql://postgres@127.0.0.1:{nobody}/x")
    for name in ("REDIS_PORT", "AMQP_PORT", "MQTT_PORT"):
        monkeypatch.setattr(testing, name, nobody)
    for name in ("DATABASE_URL", "REDIS_URL", "AMQP_URL", "MQTT_URL", "PORTICO_TEST_DB"):
        monkeypatch.delenv(name, raising=False)
    with testing.servers() as env:
        with psycopg.connect(env["DATABASE_URL"]) as connection:
            row = connection.execute("select current_user, current_database()").fetchone()
            assert row == ("portico_app", "portico")
            assert connection.execute("show fsync").fetchone() == ("off",)
        socket_path = env["REDIS_URL"].removeprefix("unix://")
        assert Path(socket_path).is_socket()
        assert "AMQP_URL" not in env
        assert env["PORTICO_ENV"] == "test"
    assert not Path(socket_path).parent.parent.exists()


def test_an_exit_code_is_passed_on(database: EmbeddedPostgres) -> None:
    command = [sys.executable, "-c", "import os, sys; sys.exit(int(os.environ['WISH']))"]
    address = {"DATABASE_URL": database.url(SUPERUSER, "postgres"), "WISH": "7"}
    done = subprocess.run(
        [sys.executable, "-m", "launcher", "exec", "--", *command],
        cwd=ROOT,
        env={**os.environ, **address},
        check=False,
    )
    assert done.returncode == 7
