"""A headless Chromium, and the address of the portal that it opens.

PORTICO_E2E_URL names a running portal with the demo studio, PORTICO_E2E_LOGINS the file that
`manage.py demo load --logins` wrote: a list of {role, email, password}. Without a browser the
tests are skipped; where CI=true, they fail.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

from tests.e2e.page import Page  # noqa: E402  after the skip

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--lang=en-IE",
)  # fmt: skip


def missing(what: str) -> None:
    """Skip, or fail where everything has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def portal_url() -> str:
    url = os.environ.get("PORTICO_E2E_URL", "").rstrip("/")
    if not url:
        pytest.skip("PORTICO_E2E_URL names no running portal")
    return url


@pytest.fixture(scope="session")
def logins() -> dict[str, tuple[str, str]]:
    """E-mail and password of the first person of each role."""
    path = Path(os.environ.get("PORTICO_E2E_LOGINS", ""))
    if not path.is_file():
        pytest.skip("PORTICO_E2E_LOGINS names no file with logins")
    people = json.loads(path.read_text())
    return {one["role"]: (one["email"], one["password"]) for one in reversed(people)}


@pytest.fixture
def page(portal_url: str, tmp_path: Path) -> Iterator[Page]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        missing("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    try:
        yield Page(browser, portal_url)
    finally:
        browser.quit()
