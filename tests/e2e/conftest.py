"""Two headless Chromiums, the portal that they open, and people who act through its API.

The portal is started as `make run` starts it, with the demo studio. Without a browser the tests
are skipped; where CI=true, they fail. A test gets its browsers signed out and empty; what it
needs beyond the demo's rows it makes itself, so that no test depends on another.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

from tests.e2e.page import Page  # noqa: E402  after the skip
from tests.e2e.studio import Caller  # noqa: E402
from tests.running import RunningPortal  # noqa: E402

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--lang=en-IE", "--accept-lang=en-IE,en",
)  # fmt: skip
Logins = dict[str, tuple[str, str]]
Browsers = Callable[[str], Any]


def missing(what: str) -> None:
    """Skip, or fail where everything has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def portal_url(running_portal: RunningPortal) -> str:
    return running_portal.url


@pytest.fixture(scope="session")
def logins(running_portal: RunningPortal) -> Logins:
    """E-mail and password of each of the demo studio's people, by name."""
    people = running_portal.logins()
    return {name: (person["email"], person["password"]) for name, person in people.items()}


@pytest.fixture(scope="session")
def calling(portal_url: str, logins: Logins) -> Callable[[str], Caller]:
    """Return somebody of the cast at the API, by name; signed in once for all tests."""
    callers: dict[str, Caller] = {}

    def caller(name: str) -> Caller:
        if name not in callers:
            callers[name] = Caller(portal_url, *logins[name])
        return callers[name]

    return caller


@pytest.fixture(scope="session")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    """Return the browser of a name, started when it is first wanted."""
    started: dict[str, Any] = {}

    def browser(name: str) -> Any:
        if name not in started:
            started[name] = start_browser(tmp_path_factory.mktemp(name))
        return started[name]

    yield browser
    for one in started.values():
        one.quit()


def start_browser(folder: Path) -> Any:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        missing("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(driver))


@pytest.fixture
def page(browsers: Browsers, portal_url: str) -> Page:
    """An empty browser, nobody signed in."""
    return fresh_page(browsers("first"), portal_url)


@pytest.fixture
def other_page(browsers: Browsers, portal_url: str) -> Page:
    """A second browser, as of another person."""
    return fresh_page(browsers("second"), portal_url)


def fresh_page(browser: Any, url: str) -> Page:
    found = Page(browser, url)
    found.forget()
    return found


@pytest.fixture(scope="session")
def kept_sessions() -> dict[str, str]:
    """What the browsers stored of people who signed in, by name; a test that ends one drops it."""
    return {}


SignIn = Callable[[Page, str], None]


@pytest.fixture
def signed_in(logins: Logins, kept_sessions: dict[str, str]) -> Iterator[SignIn]:
    """Sign somebody of the cast in, with the form the first time and from the store later.

    So a run stays far below the requests that an address may send without a credential.
    """
    pages: dict[str, Page] = {}

    def sign_in(page: Page, name: str) -> None:
        if name in kept_sessions:
            page.open("/static/portico/mark.svg")
            page.restore(kept_sessions[name])
            page.open()
        else:
            page.open()
            page.sign_in(*logins[name])
        page.shows("What happened lately")
        pages[name] = page

    yield sign_in
    for name, page in pages.items():
        page.offline(on=False)
        kept = page.stored()
        kept_sessions.pop(name, None)
        if kept:
            kept_sessions[name] = kept


@pytest.fixture
def contact(page: Page, signed_in: SignIn) -> Page:
    """Alice in the first browser, on her first screen."""
    signed_in(page, "alice")
    page.shows("waiting for you", "h1")
    return page


@pytest.fixture
def owner(page: Page, signed_in: SignIn) -> Page:
    """The owner in the first browser, on the first screen."""
    signed_in(page, "owner")
    page.shows("Good ", "h1")
    return page
