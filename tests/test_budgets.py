"""Size is a feature: files, functions and the words at their top (house style, section 15)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("apps", "portal", "tests", "launcher", "simulators", "tour", "bench")
FILES = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts and "node_modules" not in path.parts and path.read_text()
]
BANNED_NAMES = {"utils.py", "helpers.py", "common.py", "misc.py", "base.py"}


def function_lengths() -> list[int]:
    return sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def p90(lengths: list[int]) -> int:
    return lengths[int(len(lengths) * 0.9)]


def test_files_stay_small() -> None:
    lengths = sorted((len(path.read_text().splitlines()), str(path)) for path in FILES)
    assert p90([length for length, _path in lengths]) <= 300
    assert [item for item in lengths if item[0] > 400] == []


def test_functions_stay_small() -> None:
    lengths = function_lengths()
    assert p90(lengths) <= 25
    assert lengths[-1] <= 60


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_module_says_what_it_is_for(path: Path) -> None:
    doc = ast.get_docstring(ast.parse(path.read_text()))
    assert doc
    assert len(doc.splitlines()) <= 8


def test_no_module_is_named_after_nothing() -> None:
    assert [str(path) for path in FILES if path.name in BANNED_NAMES] == []


def is_silent(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (
        len(handler.body) == 1 and isinstance(handler.body[0], ast.Pass)
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_left_for_later_and_no_error_is_swallowed(path: Path) -> None:
    text = path.read_text()
    notes = [word for word in ("TO" + "DO", "FIX" + "ME") if word in text]
    handlers = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ExceptHandler)]
    assert notes == []
    assert [handler.lineno for handler in handlers if is_silent(handler)] == []
