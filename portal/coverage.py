"""Which promised row is proved by which test: docs/reference/coverage.md.

A test names the ids it proves in its name or docstring (`test_p27_…`, "R152"). The rows of this
release and their one-line statements stand in `portal/promises.py`, with a reason where a row is
open.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

from portal.promises import PROMISES

ROOT = Path(__file__).resolve().parent.parent
ID = re.compile(r"\b([PRBSLD]\d{1,3})\b")
IN_NAME = re.compile(r"(?:^|_)([prbsld]\d{1,3})(?=_|$)")
ACCEPTANCE = re.compile(r"[Aa]cceptance (\d+(?:(?:, | and )\d+)*)")
ACCEPTANCE_IN_NAME = re.compile(r"(?:^|_)acceptance_(\d+)(?=_|$)")


def tests_by_id() -> dict[str, list[str]]:
    """Return for each id the tests that name it, as `file::test`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
                "test_"
            ):
                for name in _ids(node):
                    found[name].append(f"{path.relative_to(ROOT)}::{node.name}")
    return found


def _proof(tests: list[str]) -> str:
    if not tests:
        return ""
    return f"`{tests[0]}`" + (f" and {len(tests) - 1} more" if len(tests) > 1 else "")


def _ids(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    text = ast.get_docstring(node) or ""
    ids = set(ID.findall(text)) | {name.upper() for name in IN_NAME.findall(node.name)}
    ids |= {f"integration {number}" for number in ACCEPTANCE_IN_NAME.findall(node.name)}
    for numbers in ACCEPTANCE.findall(text):
        ids |= {f"integration {number}" for number in re.findall(r"\d+", numbers)}
    return ids


def coverage_page() -> str:
    """Return the page: a line a promise, its test or the reason why it is open."""
    known = tests_by_id()
    lines = []
    for promise in PROMISES:
        tests = known.get(promise.id, [])
        state = "open" if promise.open or not tests else "shown"
        proof = _proof(tests)
        if promise.open or not tests:
            proof = (promise.open or "no test yet") + (f" (in part: {proof})" if tests else "")
        lines.append(f"| {promise.id} | {promise.statement} | {state} | {proof} |")
    head = (
        "# Coverage\n\n<!-- Made by `make schema`; do not edit. -->\n\n"
        "The rows that the foundation promises, and the test that shows each. "
        "`open` rows say why.\n\n| id | statement | state | shown by |\n|---|---|---|---|\n"
    )
    return head + "\n".join(lines) + "\n"
