"""docs/explanation/security-model.md: six threats for each flow, and tests that exist."""

import ast
import re

import pytest

from tests.docs.pages import DOCS, ROOT

PAGE = (DOCS / "explanation" / "security-model.md").read_text()
FLOWS = dict(re.findall(r"(?ms)^### (.+?)$(.+?)(?=^##)", PAGE))
STRIDE = ["Spoofing", "Tampering", "Repudiation", "Disclosure", "Denial", "Elevation"]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", PAGE)))


def test_each_flow_is_looked_at_from_six_sides() -> None:
    assert len(FLOWS) >= 8
    for flow, table in FLOWS.items():
        lines = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
        assert [line[0].removeprefix("| ") for line in lines] == STRIDE, flow
        assert all("tests/" in line[2] for line in lines), flow


@pytest.mark.parametrize("name", NAMED)
def test_each_test_that_is_named_exists(name: str) -> None:
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert not function or function in functions
