"""docs/explanation/asvs.md: a line for each requirement of levels 1 and 2, and nothing invented."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest

from tests.docs.pages import CODE, DOCS, ROOT

PAGE = DOCS / "explanation" / "asvs.md"
STATES = ("yes", "partly", "open", "not applicable")
TEST = re.compile(r"^(tests/(?:\w+/)*test_\w+\.py)::(test_\w+)$")
PLACE = re.compile(r"^\w[\w.-]*(?:/[\w.-]*)+$|^[\w.-]+\.(?:toml|yml)$")
SHORTEST_REASON = 12
# The requirements of ASVS 5.0.0 by section: the level of the first, the second, and so on.
LEVELS = """
1.1 22 1.2 1111122223 1.3 112222222223 1.4 222 1.5 123
2.1 122 2.2 112 2.3 12223 2.4 23
3.1 3 3.2 113 3.3 12223 3.4 11222233 3.5 11122333 3.6 3 3.7 22333
4.1 12233 4.2 23333 4.3 22 4.4 1222
5.1 2 5.2 112333 5.3 113 5.4 222
6.1 122 6.2 111111112222 6.3 11223333 6.4 112233 6.5 22222333 6.6 2223 6.7 33 6.8 2222
7.1 222 7.2 1111 7.3 22 7.4 11222 7.5 223 7.6 22
8.1 1233 8.2 1123 8.3 133 8.4 23
9.1 111 9.2 1222
10.1 22 10.2 223 10.3 22223 10.4 1111122222233333 10.5 22222 10.6 22 10.7 222
11.1 2233 11.2 22233 11.3 11233 11.4 1222 11.5 23 11.6 23 11.7 33
12.1 12233 12.2 11 12.3 22223
13.1 2333 13.2 222223 13.3 2233 13.4 1222233
14.1 22 14.2 12223333 14.3 122
15.1 12233 15.2 12233 15.3 1222222 15.4 3333
16.1 2 16.2 22222 16.3 2222 16.4 222 16.5 2223
"""


class Line(NamedTuple):
    """A line of the page; `number` is chapter, section and place."""

    number: tuple[int, ...]
    level: str
    words: str
    state: str
    shown_by: str

    @property
    def name(self) -> str:
        """The number as it is written."""
        return ".".join(map(str, self.number))


def read_lines() -> list[Line]:
    rows = re.findall(r"(?m)^\| (\d+(?:\.\d+){2}) \| (.+) \|$", PAGE.read_text())
    return [Line(numbered(name), *rest.split(" | ")) for name, rest in rows]


def numbered(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("."))


def required() -> Iterator[tuple[tuple[int, ...], str]]:
    words = LEVELS.split()
    for section, levels in zip(words[::2], words[1::2], strict=True):
        for place, level in enumerate(levels, 1):
            if level in "12":
                yield (*numbered(section), place), level


@cache
def functions_of(path: str) -> set[str]:
    file = ROOT / path
    if not file.exists():
        return set()
    nodes = ast.walk(ast.parse(file.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def reason_of(line: Line) -> str:
    return CODE.sub("", line.shown_by).strip(" ,;:.")


LINES = read_lines()


def test_each_requirement_of_both_levels_has_its_line_and_level() -> None:
    assert {line.number: line.level for line in LINES} == dict(required())
    assert Counter(level for _number, level in required()) == {"1": 70, "2": 176}


def test_lines_are_in_order_and_none_comes_twice() -> None:
    numbers = [line.number for line in LINES]
    assert numbers == sorted(set(numbers))


def test_a_chapter_holds_its_own_lines() -> None:
    for chapter in re.split(r"(?m)^## V", PAGE.read_text())[1:]:
        own, _, text = chapter.partition(" ")
        assert set(re.findall(r"(?m)^\| (\d+)\.\d", text)) <= {own}


def test_each_state_is_one_of_four() -> None:
    assert [line.name for line in LINES if line.state not in STATES] == []


def test_each_line_has_words_of_its_own() -> None:
    assert [line.name for line in LINES if not 15 <= len(line.words) <= 120] == []
    assert len({line.words for line in LINES}) == len(LINES)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_what_is_named_exists(line: Line) -> None:
    for word in CODE.findall(line.shown_by):
        found = TEST.match(word)
        if found is not None:
            assert found[2] in functions_of(found[1]), f"{word} is no test"
        elif PLACE.match(word):
            assert (ROOT / word).exists(), f"{word} is no place"
        else:
            assert "tests/" not in word, f"{word} names a test in another form"


def test_yes_has_a_test_or_a_place() -> None:
    yes = [line for line in LINES if line.state == "yes"]
    shown = {
        line
        for line in yes
        if any(TEST.match(word) or PLACE.match(word) for word in CODE.findall(line.shown_by))
    }
    assert [line.name for line in yes if line not in shown] == []


def test_whatever_is_not_done_says_why() -> None:
    others = [line for line in LINES if line.state != "yes"]
    assert [line.name for line in others if len(reason_of(line)) < SHORTEST_REASON] == []


def test_the_sums_are_those_of_the_lines() -> None:
    counted = Counter((line.level, line.state) for line in LINES)
    for level in ("1", "2"):
        (row,) = re.findall(rf"(?m)^\| {level} \| ([\d |]+) \|$", PAGE.read_text())
        sums = [counted[level, state] for state in STATES]
        assert [int(number) for number in row.split(" | ")] == [*sums, sum(sums)]
