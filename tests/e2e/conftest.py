"""A headless Chromium, and the address of the portal that it opens.

The portal is started as `make run` starts it, with the demo studio. Without a browser the tests
are skipped; where CI=true, they fail.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

from tests.e2e.page import Page  # noqa: E402  after the skip
from tests.running import RunningPortal  # noqa: E402

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
def portal_url(running_portal: RunningPortal) -> str:
    return running_portal.url


@pytest.fixture(scope="session")
def logins(running_portal: RunningPortal) -> dict[str, tuple[str, str]]:
    """E-mail and password of each of the demo studio's people, by name."""
    people = running_portal.logins()
    return {name: (person["email"], person["password"]) for name, person in people.items()}


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
