"""Routes, settings and hooks that the pages and files name are those of the code."""

import re
import sysconfig
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from django.urls import Resolver404, resolve

from portal.environment import VARIABLES
from tests.docs.pages import ROOT, WRITTEN, blocks, code_words, name_of

ROUTE = re.compile(
    r"^(?:(?:GET|POST|PUT|PATCH|DELETE) )?(/(?:api/v1|api/|health|metrics|admin/)\S*)$"
)
SETTING = re.compile(r"^([A-Z][A-Z_]{2,})(?:=\S*)?$")
OTHERS = {"HOST", "PORT", "DEMO", "PORTAL_HOST", "COMMIT", "EUR"}  # launcher, Compose, SQL, money
STANDS_FOR = {"id": str(UUID(int=0)), "key": "discovery"}


def path_of(word: str) -> str | None:
    """Return the path that a word in code marks names, with its placeholders filled."""
    found = ROUTE.match(word)
    if found is None or "…" in word:
        return None
    path = found[1].partition("?")[0]
    return re.sub(r"\{(\w+)\}", lambda name: STANDS_FOR[name[1]], path)


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_routes_that_are_named_exist(page: Path) -> None:
    named = {path_of(word) for word in code_words(page)} - {None, "/api/", "/api/v1/"}
    missing = []
    for path in sorted(str(path) for path in named):
        try:
            resolve(path)
        except Resolver404:
            missing.append(path)
    assert missing == []


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_settings_that_are_named_exist(page: Path) -> None:
    known = {variable.name for variable in VARIABLES} | OTHERS
    named = {found[1] for word in code_words(page) if (found := SETTING.match(word))}
    made = re.findall(r"(?m)^make .*", "\n".join(block.text for block in blocks(page)))
    named |= set(re.findall(r"([A-Z_]+)=", " ".join(made)))
    assert named <= known


def test_the_hooks_before_a_commit_use_tools_that_are_installed_and_fetch_nothing() -> None:
    read = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [source["repo"] for source in read["repos"]] == ["local"]
    scripts = Path(sysconfig.get_path("scripts"))
    makefile = (ROOT / "Makefile").read_text().replace("$(VENV)/bin/", "")
    for hook in read["repos"][0]["hooks"]:
        tool = hook["entry"].split()[0]
        assert tool.startswith(".venv/bin/")
        assert (scripts / Path(tool).name).exists()
        assert Path(tool).name in makefile.replace("$(PY)", "python")
