"""docs/explanation/dependencies.md: the same packages and versions as the lists (B51)."""

import re
from importlib.metadata import PackageNotFoundError, metadata

import pytest

from tests.docs.pages import DOCS, ROOT

PAGE = DOCS / "explanation" / "dependencies.md"
ROW = re.compile(r"(?m)^\| ([\w\-\[\]]+) \| (\d[\w.]*) \| ([^|]+) \| ([^|]+) \|")
ROWS = {
    name: (version, licence, why) for name, version, licence, why in ROW.findall(PAGE.read_text())
}
FAMILIES = ("Apache", "BSD", "ISC", "MIT", "MPL", "LGPL", "GPL")


def listed() -> dict[str, str]:
    """Return name and version of each line of the two lists."""
    lines = [
        line.split("==")
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text().splitlines()
        if "==" in line
    ]
    return {name.strip(): version.strip() for name, version in lines}


def test_each_package_has_its_line_and_each_line_its_package() -> None:
    """B51."""
    assert {name: row[0] for name, row in ROWS.items()} == listed()


def test_every_version_is_pinned() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().splitlines()
        loose = [line for line in lines if line and line[0] not in "#-" and "==" not in line]
        assert loose == []


def test_each_line_says_why() -> None:
    assert [name for name, row in ROWS.items() if len(row[2].strip()) < 5] == []


@pytest.mark.parametrize("name", sorted(ROWS))
def test_the_licence_is_the_one_the_package_names(name: str) -> None:
    try:
        found = metadata(name.partition("[")[0]).json
    except PackageNotFoundError:
        pytest.skip("not installed on this platform")
    said = str([found.get(key) for key in ("license_expression", "license", "classifier")])
    stated = next(family for family in FAMILIES if family in ROWS[name][1])
    assert stated in said.replace("General Public", "GPL")
