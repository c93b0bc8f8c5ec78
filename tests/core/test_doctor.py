"""R4, R209, R210: wrong settings are named, by the doctor or at the start."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.core import health

ROOT = Path(__file__).parents[2]
GOOD_KEY = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def start(**changes: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own."""
    env = {name: value for name, value in os.environ.items() if name not in changes}
    env |= {name: value for name, value in changes.items() if value != "ABSENT"}
    return subprocess.run(
        [sys.executable, "-c", "import portal.settings"],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SECRET_KEY", "ABSENT", "SECRET_KEY is not set"),
        ("SECRET_KEY", "short", "SECRET_KEY needs at least 32 characters"),
        ("CONNECTION_KEYS", "k1:xx", "CONNECTION_KEYS"),
        ("CONNECTION_KEYS", "ABSENT", "CONNECTION_KEYS is not set"),
        ("DATABASE_URL", "ABSENT", "DATABASE_URL is not set"),
        ("PORTICO_ENV", "prod", "PORTICO_ENV must be one of"),
        ("WEB_THREADS", "many", "WEB_THREADS is no int"),
        ("WEB_THREADS", "0", "WEB_THREADS must be above 0"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be one of"),
        ("REDIS_URL", "redis://127.0.0.1:6379/0", "REDIS_URL must name the server alone"),
    ],
)
def test_r210_a_wrong_value_stops_the_start_and_is_named(name: str, value: str, words: str) -> None:
    result = start(**{name: value})
    assert result.returncode != 0
    assert words in result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "change-me-to-something-of-many-characters"),
        ("CONNECTION_KEYS", "example" + GOOD_KEY),
        ("WEBHOOK_ALLOW", "10.0.0.0/8"),
        ("WEBHOOK_ALLOW", "127.0.0.1"),
    ],
)
def test_p118_r209_production_refuses_example_and_unsafe_values(name: str, value: str) -> None:
    safe = {
        "PORTICO_ENV": "production", "WEBHOOK_ALLOW": "",
        "SECRET_KEY": "bq3Zk0fYwXn7uV1sT5rP9mLh2gJd8eCa", "CONNECTION_KEYS": GOOD_KEY,
    }  # fmt: skip
    assert start(**safe).returncode == 0
    result = start(**safe | {name: value})
    assert result.returncode != 0
    assert name in result.stderr


def test_r209_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("a-secret-key-from-a-file-0123456789")
    assert start(SECRET_KEY="ABSENT", SECRET_KEY_FILE=str(file)).returncode == 0


def test_debug_cannot_be_switched_on() -> None:
    assert start(DEBUG="true").returncode == 0
    from django.conf import settings

    assert settings.DEBUG is False


def findings() -> dict[str, str]:
    health._results.clear()
    out = StringIO()
    try:
        call_command("doctor", "--json", stdout=out)
    except CommandError:
        pass_on = out.getvalue()
        return {line["name"]: line["state"] for line in json.loads(pass_on)}
    return {line["name"]: line["state"] for line in json.loads(out.getvalue())}


@pytest.mark.django_db(transaction=True)
def test_r4_a_sound_installation_has_no_failure() -> None:
    states = findings()
    assert "fail" not in states.values()
    expected = {"database", "migrations", "role", "broker", "storage", "clock", "secrets", "mail"}
    assert expected <= set(states)


@pytest.mark.django_db(transaction=True)
def test_r4_a_broker_that_is_away_is_a_warning_with_its_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from celery import current_app

    monkeypatch.setattr(current_app.conf, "broker_url", "amqp://guest@127.0.0.1:1//")
    monkeypatch.setattr(current_app.conf, "broker_write_url", "amqp://guest@127.0.0.1:1//")
    assert findings()["broker"] == "warn"
