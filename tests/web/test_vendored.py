"""Foreign code in static/vendor/ is exactly what static/vendor/vendored.json says it is."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

VENDOR = Path(__file__).resolve().parents[2] / "static/vendor"
ENTRIES: list[dict[str, Any]] = json.loads((VENDOR / "vendored.json").read_text())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_a_vendored_file_is_unchanged(entry: dict[str, Any]) -> None:
    content = (VENDOR / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_a_vendored_file_has_its_licence_beside_it(entry: dict[str, Any]) -> None:
    assert entry["version"]
    assert entry["licence"]
    assert all((VENDOR / name).is_file() for name in entry["licence_files"])


def test_nothing_is_vendored_without_an_entry() -> None:
    present = {path.name for path in VENDOR.iterdir()}
    assert present == {entry["file"] for entry in ENTRIES} | {"vendored.json"}
