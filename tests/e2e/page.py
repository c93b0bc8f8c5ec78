"""What a person does with a page: opens, types, presses, waits, looks."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

SECONDS = 10.0
OVERFLOW = "return document.documentElement.scrollWidth - window.innerWidth"
STORED = """
const kept = localStorage.getItem("portico.session");
return kept && JSON.stringify([kept, sessionStorage.getItem("portico.access") ?? "null"]);
"""
RESTORE = """
const [session, access] = JSON.parse(arguments[0]);
localStorage.setItem("portico.session", session);
sessionStorage.setItem("portico.access", access);
"""
LIVE = "return document.documentElement.dataset.line"
FOCUS = """
const at = document.activeElement, look = getComputedStyle(at);
const ring = look.outlineStyle !== "none";
return {tag: at.tagName, id: at.id, text: at.textContent.trim(), ring};
"""


class Page:
    """One browser window on the portal."""

    def __init__(self, browser: Any, url: str) -> None:
        self.browser = browser
        self.url = url
        self.resize(1280, 820)

    def forget(self) -> None:
        """Close other tabs, go back online and empty what this browser keeps of the portal."""
        first, *others = self.browser.window_handles
        for handle in others:
            self.browser.switch_to.window(handle)
            self.browser.close()
        self.browser.switch_to.window(first)
        self.offline(on=False)
        self.block()
        self.browser.get("about:blank")
        command, everything = "Storage.clearDataForOrigin", {"storageTypes": "all"}
        self.browser.execute_cdp_cmd(command, {"origin": self.url} | everything)
        self.resize(1280, 820)
        self.browser.get_log("browser")

    def open(self, path: str = "/") -> None:
        self.browser.get("about:blank")
        self.browser.get(self.url + path)

    def go(self, place: str) -> None:
        """Change the place inside the page, as a link does."""
        self.run(f"location.hash = {place!r}")

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def offline(self, *, on: bool) -> None:
        self.browser.execute_cdp_cmd("Network.enable", {})
        state = {"offline": on, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.browser.execute_cdp_cmd("Network.emulateNetworkConditions", state)

    def block(self, *addresses: str) -> None:
        """Let requests to these addresses fail from now on; without any, none."""
        self.browser.execute_cdp_cmd("Network.enable", {})
        self.browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": list(addresses)})

    def downloads_to(self, folder: Path) -> None:
        rule = {"behavior": "allow", "downloadPath": str(folder)}
        self.browser.execute_cdp_cmd("Browser.setDownloadBehavior", rule)

    def run(self, script: str) -> Any:
        return self.browser.execute_script(script)

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        wait = WebDriverWait(
            self.browser, SECONDS, 0.1, ignored_exceptions=[StaleElementReferenceException]
        )
        return wait.until(lambda _browser: condition(), what)

    def all(self, selector: str) -> Sequence[WebElement]:
        found: Sequence[WebElement] = self.browser.find_elements(By.CSS_SELECTOR, selector)
        return found

    def one(self, selector: str) -> WebElement:
        def visible() -> WebElement | None:
            return next((found for found in self.all(selector) if found.is_displayed()), None)

        element: WebElement = self.until(visible, f"no {selector}")
        return element

    def text(self, selector: str = "body") -> str:
        return self.one(selector).text

    def shows(self, words: str, selector: str = "body") -> None:
        self.until(lambda: words in self.text(selector), f"{selector} does not show {words!r}")

    def heading(self, words: str) -> None:
        """Wait for the h1, which must be the only one and have the focus."""
        self.shows(words, "h1")
        self.until(lambda: self.focus()["tag"] == "H1", "the h1 has not the focus")
        assert len(self.all("h1")) == 1

    def focus(self) -> dict[str, Any]:
        found: dict[str, Any] = self.run(FOCUS)
        return found

    def tab(self) -> dict[str, Any]:
        """Press Tab and return what has the focus then."""
        self.browser.switch_to.active_element.send_keys(Keys.TAB)
        return self.focus()

    def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        self.browser.switch_to.active_element.send_keys(*keys)

    def tab_to(self, words: str, most: int = 40) -> None:
        """Press Tab until what has the focus reads `words`, or is the field of that id."""
        for _stop in range(most):
            found = self.tab()
            if words in (found["text"], found["id"]) or found["text"].startswith(words):
                return
        raise AssertionError(f"Tab does not reach {words!r}; at last {found}")

    def is_live(self) -> None:
        """Wait until the live line is signed in, so that what happens now is not missed."""
        self.until(lambda: self.run(LIVE) == "live", "the live line does not open")

    def overflow(self) -> int:
        pixels: int = self.run(OVERFLOW)
        return pixels

    def type(self, selector: str, words: str) -> None:
        field = self.one(selector)
        field.clear()
        field.send_keys(words)

    def sign_in(self, email: str, password: str) -> None:
        self.type("#email", email)
        self.type("#password", password + Keys.ENTER)

    def stored(self) -> str | None:
        """Return the sign-in that this browser holds, as text for `restore`; None without one."""
        text: str | None = self.run(STORED)
        return text

    def restore(self, text: str) -> None:
        """Put a sign-in into the store, while some document of the portal is open."""
        self.browser.execute_script(RESTORE, text)

    def complaints(self) -> list[str]:
        """What the console says against the page: broken policies and thrown errors."""
        log = [entry["message"] for entry in self.browser.get_log("browser")]
        marks = ("Content Security Policy", "Uncaught", "Refused to", "Failed to load module")
        return [message for message in log if any(mark in message for mark in marks)]
