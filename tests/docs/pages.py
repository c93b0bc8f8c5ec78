"""Reads the Markdown of the project: links, code blocks, and words in code marks."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TOP = ("README.md", "STYLE.md", "CHANGELOG.md")
PAGES = [ROOT / name for name in TOP] + sorted(DOCS.rglob("*.md"))
WRITTEN = [page for page in PAGES if "reference" not in page.relative_to(ROOT).parts]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the page, the words after the fence, and the text inside."""

    page: Path
    info: str
    text: str

    @property
    def language(self) -> str:
        """The first word after the fence."""
        return self.info.partition(" ")[0]


def name_of(page: Path) -> str:
    """Return the page's path inside the project."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    return [Block(page, *found) for found in FENCE.findall(page.read_text())]


def prose(page: Path) -> str:
    """Return the page without its fenced blocks."""
    return FENCE.sub("", page.read_text())


def links(page: Path) -> list[str]:
    """Return the targets of links and pictures that stay inside the project."""
    return [link for link in LINK.findall(prose(page)) if "://" not in link]


def code_words(page: Path) -> list[str]:
    """Return what stands in code marks."""
    return CODE.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are made on the web."""
    heads = re.findall(r"(?m)^#+ (.+)$", prose(page))
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def needed(program: str) -> str:
    """Return a program's path; skip where it is not installed, since Portico does without it."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found
