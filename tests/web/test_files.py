"""The web client obeys its strict content security policy, and its modules stay small and whole."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates/client").rglob("*.html"))
MODULES = sorted((ROOT / "static/portico").rglob("*.js"))
STYLES = sorted((ROOT / "static/portico").glob("*.css"))
PAGES = ("index", "404", "500")
INLINE_STYLE = re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE)
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)|\son[a-z]+\s*=|javascript:", re.IGNORECASE)
FOREIGN = re.compile(r"""(?:src|href|url|from|import)\s*[=(]?\s*["'(]\s*(?:https?:)?//""")
IMPORT = re.compile(r"""^import [^"']*["']([^"']+)["'];$""", re.MULTILINE)
MOST_LINES = 250


def named(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_has_nothing_inline_and_nothing_foreign(path: Path) -> None:
    text = path.read_text()
    for pattern in (INLINE_STYLE, INLINE_SCRIPT, FOREIGN):
        assert not pattern.search(text), pattern.pattern


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_writes_no_inline_style_and_no_raw_html(path: Path) -> None:
    text = path.read_text()
    assert not INLINE_STYLE.search(text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text)
    assert not FOREIGN.search(text)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_says_what_it_is_and_stays_small(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) <= MOST_LINES


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_imports_only_files_that_exist(path: Path) -> None:
    for target in IMPORT.findall(path.read_text()):
        assert target.startswith("."), target
        assert (path.parent / target).resolve().is_file(), target


def test_every_module_is_reached_from_the_entry() -> None:
    entry = ROOT / "static/portico/app.js"
    reached, waiting = set(), [entry]
    while waiting:
        path = waiting.pop()
        if path in reached or path not in MODULES:
            continue
        reached.add(path)
        waiting += [(path.parent / name).resolve() for name in IMPORT.findall(path.read_text())]
    assert set(MODULES) == reached


@pytest.mark.parametrize("path", STYLES, ids=named)
def test_a_style_sheet_loads_nothing_and_mirrors(path: Path) -> None:
    text = path.read_text()
    assert "@import" not in text
    assert "url(" not in text
    assert not re.search(r"(?:margin|padding|border)-(?:left|right)\b|\b(?:left|right)\s*:", text)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_without_a_context(name: str) -> None:
    text = render_to_string(f"client/{name}.html")
    assert 'lang="en"' in text
    assert text.count("<h1") == 1
    assert " · Portico</title>" in text


@pytest.mark.parametrize("name", ["404", "500"])
def test_an_error_page_needs_no_script_and_shows_its_number(name: str) -> None:
    text = render_to_string(f"client/{name}.html", {"request_id": "req-1"})
    assert "<script" not in text
    assert "req-1" in text


@pytest.mark.parametrize(
    ("theme", "attribute", "scheme"),
    [("dark", ' data-theme="dark"', "dark"), ("light", ' data-theme="light"', "light"),
     ("", "", "light dark"), ('"><b>', "", "light dark")],
)  # fmt: skip
def test_the_theme_of_the_cookie_is_in_the_page(theme: str, attribute: str, scheme: str) -> None:
    text = render_to_string("client/index.html", {"organization_name": "A & B", "theme": theme})
    assert f'<html lang="en" data-studio="A &amp; B"{attribute}>' in text
    assert f'<meta name="color-scheme" content="{scheme}">' in text
    assert "<b>" not in text
