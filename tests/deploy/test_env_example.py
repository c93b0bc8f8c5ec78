""".env.example: every setting, with values that work on one machine and nowhere else (R209)."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.environment import VARIABLES, read_environment

PATH = Path(__file__).parents[2] / ".env.example"
LINES = re.findall(r"(?m)^(# )?([A-Z_]+)=(.*)$", PATH.read_text())
OF_THE_LAUNCHER = {"HOST", "PORT", "DEMO"}


def test_every_setting_stands_there_and_no_other() -> None:
    """R210."""
    names = [name for _mark, name, _value in LINES]
    assert len(names) == len(set(names))
    assert set(names) - OF_THE_LAUNCHER == {variable.name for variable in VARIABLES}


def test_lines_that_are_switched_off_show_the_default() -> None:
    defaults = {variable.name: variable.default for variable in VARIABLES}
    for mark, name, value in LINES:
        if mark and name in defaults:
            default = defaults[name]
            text = ",".join(default) if isinstance(default, list) else str(default)
            assert value == text, name


def test_settings_without_a_default_are_switched_on() -> None:
    on = {name for mark, name, _value in LINES if not mark}
    assert {variable.name for variable in VARIABLES if variable.default is None} <= on


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with none of the settings; what a test sets is taken back after it."""
    for variable in VARIABLES:
        monkeypatch.setenv(variable.name, "")
        monkeypatch.delenv(variable.name)
        monkeypatch.delenv(f"{variable.name}_FILE", raising=False)
    return monkeypatch


def test_a_copy_of_the_file_starts_a_development_machine(bare: Any) -> None:
    values = read_environment(PATH)
    assert values["PORTICO_ENV"] == "development"


@pytest.mark.parametrize("name", ["SECRET_KEY", "CONNECTION_KEYS"])
def test_production_refuses_its_example_secrets(bare: pytest.MonkeyPatch, name: str) -> None:
    """R209."""
    good = {
        "SECRET_KEY": "0f9b" * 16,
        "CONNECTION_KEYS": "k1:7xjcKMpTZ9vZYcyQvYfUMvOiLw9m4f5m0qA1rV3t2zQ=",
    }
    for other, value in good.items():
        if other != name:
            bare.setenv(other, value)
    bare.setenv("PORTICO_ENV", "production")
    with pytest.raises(ImproperlyConfigured, match=f"{name} is an example value"):
        read_environment(PATH)
