"""Commands and code of the pages: what can run here runs, what is named exists."""

import ast
import io
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command, get_commands

from tests.docs.pages import DOCS, ROOT, WRITTEN, Block, blocks, code_words, name_of, needed

BLOCKS = [block for page in WRITTEN for block in blocks(page)]
LANGUAGES = {"sh", "python", "js", "json", "mermaid"}
PASSWORD = "a quiet harbour"
FIRST_STUDIO = DOCS / "how-to" / "first-studio.md"


def lines_of_commands(page: Path) -> str:
    shell = [block.text for block in blocks(page) if block.language == "sh"]
    return "\n".join([*shell, *code_words(page)])


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_each_make_target_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"(?m)^make ([a-z-]+)", lines_of_commands(page)))
    assert [name for name in named if not re.search(rf"(?m)^{name}:", makefile)] == []


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_each_management_command_exists(page: Path) -> None:
    text = lines_of_commands(page)
    named = set(re.findall(r"(?:manage\.py|launcher manage) ([a-z_]+)", text))
    assert named <= set(get_commands())


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_each_compose_command_names_a_service(page: Path) -> None:
    services = set(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"])
    named = re.findall(
        r"docker compose (?:run|exec|up|build)((?: -{1,2}[\w-]+)*)((?: \w+)*)",
        lines_of_commands(page),
    )
    first = {words.split()[0] for _options, words in named if words.split()}
    assert first <= services


def test_each_block_says_its_language() -> None:
    assert {block.language for block in BLOCKS} <= LANGUAGES


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: name_of(block.page))
def test_each_block_can_be_read(block: Block) -> None:
    if block.language == "python":
        ast.parse(block.text)
    elif block.language == "json":
        json.loads(block.text)
    elif block.language == "sh":
        subprocess.run(["sh", "-n"], input=block.text, text=True, check=True)
    elif block.language == "js":
        subprocess.run([needed("node"), "--check", "-"], input=block.text, text=True, check=True)


@pytest.mark.django_db(transaction=True)
def test_the_page_of_the_first_studio_runs_from_top_to_bottom(
    live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P138: each line that a reader copies was run as it stands."""
    needed("curl")
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    call_command(
        "create_owner", "--name", "North Studio", "--email", "owner@north.example",
        "--password-stdin", stdout=io.StringIO(),
    )  # fmt: skip
    script = "\n".join(block.text for block in blocks(FIRST_STUDIO) if block.info == "sh runnable")
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        env={"PATH": os.environ["PATH"], "PORTAL": live_server.url},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said[0] == "owner"
    assert "160650" in said
