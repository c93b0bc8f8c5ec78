"""The secret files of a deployment: made once, random, and accepted by the code that reads them."""

import base64
import hashlib
import os
from pathlib import Path

import pytest

from deploy.make_secrets import main
from portal.environment import database, read_environment, redis_url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    main(tmp_path / "secrets")
    return tmp_path / "secrets"


def read(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_second_run_changes_nothing(folder: Path) -> None:
    before = read(folder)
    main(folder)
    assert read(folder) == before


def test_two_deployments_share_no_secret(folder: Path, tmp_path: Path) -> None:
    main(tmp_path / "other")
    made = read(folder)
    assert made.pop("smtp_url") == ""  # theirs to write: no mail server is made here
    assert set(made.values()).isdisjoint(read(tmp_path / "other").values())


def test_only_the_owner_of_the_folder_reaches_the_files(folder: Path) -> None:
    """R209. Containers read single files through mounts, under accounts of their own."""
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}


def test_production_starts_with_them(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R209, R210: the portal reads each from its file and finds no fault."""
    for name in ("SECRET_KEY", "CONNECTION_KEYS", "DATABASE_URL", "REDIS_URL", "AMQP_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(f"{name}_FILE", str(folder / name.lower()))
    monkeypatch.setenv("PORTICO_ENV", "production")
    monkeypatch.setenv("WEBHOOK_ALLOW", "")
    values = read_environment(tmp_path / "no-such-file")
    found = database(values["DATABASE_URL"])
    assert (found["USER"], found["HOST"], found["NAME"]) == ("portico_app", "postgres", "portico")
    assert found["PASSWORD"] == read(folder)["portico_app_password"]
    assert redis_url(values["REDIS_URL"], 1).endswith("@redis:6379/1")
    assert values["AMQP_URL"].startswith("amqp://portico:")


def test_no_secret_ends_with_a_line_end(folder: Path) -> None:
    """It would be read as a part of the secret."""
    settings_files = {"valkey_conf", "rabbitmq_conf", "mosquitto_passwords"}
    assert [name for name, text in read(folder).items() if text[-1:] == "\n"] != []
    assert {name for name, text in read(folder).items() if text[-1:] == "\n"} == settings_files


def test_the_broker_for_devices_knows_the_password_by_its_hash(folder: Path) -> None:
    files = read(folder)
    name, _, rest = files["mosquitto_passwords"].strip().partition(":")
    _, method, iterations, salt, hashed = rest.split("$")
    assert (name, method) == ("portico", "7")
    password = files["mosquitto_password"].encode()
    digest = hashlib.pbkdf2_hmac("sha512", password, base64.b64decode(salt), int(iterations))
    assert base64.b64encode(digest).decode() == hashed
    assert files["mosquitto_password"] not in files["mosquitto_passwords"]


def test_secrets_are_never_committed() -> None:
    ignored = Path(__file__).parents[2] / "deploy" / "secrets" / ".gitignore"
    assert "*" in ignored.read_text().splitlines()
    assert os.path.basename(ignored) == ".gitignore"  # noqa: PTH119  the file itself is kept
