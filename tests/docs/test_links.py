"""Every page is listed, every link leads somewhere, every name in code marks exists (D55)."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT, WRITTEN, anchors, code_words, links, name_of, prose

FILE = re.compile(
    r"^(?:apps|portal|launcher|tests|deploy|docs|static|templates|tour|bench)/[\w./-]*$"
)
LATER = ("bench/result.json",)  # written by a command
MADE = (DOCS / "images", DOCS / "reference")  # by taking pictures, and by `make schema`


def target_of(page: Path, link: str) -> tuple[Path, str]:
    path, _, anchor = link.partition("#")
    return ((page.parent / path).resolve() if path else page), anchor


def waits(target: Path) -> bool:
    """Whether the target belongs to a folder whose files were not made yet, none of them."""
    return any(
        folder in target.parents and not (folder.is_dir() and any(folder.iterdir()))
        for folder in MADE
    )


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_no_link_is_dead(page: Path) -> None:
    for link in links(page):
        target, anchor = target_of(page, link)
        assert target.exists() or waits(target), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link} has no such heading"


def test_the_index_lists_every_page_with_a_line() -> None:
    """D55."""
    index = DOCS / "index.md"
    listed = {target_of(index, link)[0] for link in links(index)}
    assert {page for page in PAGES if page != index} <= listed
    lines = [line for line in prose(index).splitlines() if line.startswith("- ")]
    assert [line for line in lines if not re.match(r"- (\[.+\]\(.+\)|`.+`): .{10,}", line)] == []


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_files_that_are_named_exist(page: Path) -> None:
    named = [word for word in code_words(page) if FILE.match(word) and word not in LATER]
    missing = [word for word in named if not (ROOT / word).exists()]
    assert [word for word in missing if not waits(ROOT / word)] == []


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_pages_are_about_the_project_alone(page: Path) -> None:
    """No path of somebody's machine, and no address that only one network knows."""
    text = page.read_text()
    assert re.findall(r"(?<![\w.])/(?:home|root|work|Users)/\S*", text) == []
    assert re.findall(r"(?i)\b(?:lorem|tbd)\b", text) == []


@pytest.mark.parametrize(
    "page", [page for page in WRITTEN if page.parent.name == "adr"], ids=name_of
)
def test_a_decision_has_its_parts_and_fits_on_a_page(page: Path) -> None:
    """B48."""
    text = page.read_text()
    heads = re.findall(r"(?m)^## (.+)$", text)
    assert heads[:3] == ["Context", "Decision", "Consequences"]
    assert heads[-1] == "What would change it"
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert len(text.splitlines()) <= 60


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(page.name[:4]) for page in sorted((DOCS / "adr").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_changelog_has_the_form_of_keep_a_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    heads = re.findall(r"(?m)^## (.+)$", text)
    assert heads[0] == "[Unreleased]"
    parts = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", "Known limits"}
    assert set(re.findall(r"(?m)^### (.+)$", text)) <= parts


def test_the_licence_is_complete() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()
