"""Second factors in a real browser: an app, a passkey of a virtual authenticator, step-up.

The page stands on http://localhost, for a passkey needs a host name.
"""

import time
from collections.abc import Callable, Iterator

import httpx
import pyotp
import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions

from tests.e2e.conftest import Browsers, Logins, fresh_page
from tests.e2e.page import Page
from tests.running import RunningPortal

pytestmark = pytest.mark.browser
STALE = """
from datetime import timedelta
from django.utils import timezone
from apps.accounts.models import Session
Session.objects.update(proved_at=timezone.now() - timedelta(hours=1))
"""


def press(page: Page, words: str, within: str = "main") -> None:
    """Press the button that reads `words`."""

    def found() -> bool:
        for button in page.all(f"{within} button, {within} a.btn"):
            told = str(button.get_property("textContent")).strip()  # with what only readers hear
            if button.is_displayed() and told.startswith(words):
                button.click()
                return True
        return False

    page.until(found, f"no button {words!r}")


def new_code(secret: str, last: str) -> str:
    """Return a code that was not used yet; at worst the one of the next step."""
    app, step = pyotp.TOTP(secret), int(time.time()) // 30
    return next(code for code in map(app.generate_otp, (step, step + 1)) if code != last)


@pytest.fixture
def place(browsers: Browsers, running_portal: RunningPortal) -> Iterator[Page]:
    """A browser at http://localhost with an empty authenticator that knows its person."""
    page = fresh_page(browsers("factors"), f"http://localhost:{running_portal.port}")
    options = VirtualAuthenticatorOptions(
        protocol="ctap2", transport="internal", has_resident_key=True,
        has_user_verification=True, is_user_verified=True,
    )  # fmt: skip
    page.browser.add_virtual_authenticator(options)
    yield page
    page.browser.remove_virtual_authenticator()


@pytest.fixture
def without_factors(
    running_portal: RunningPortal, logins: Logins
) -> Iterator[Callable[[str], tuple[str, str]]]:
    """Return the login of somebody of the cast, whose factors are taken away afterwards."""
    used: list[str] = []

    def login(name: str) -> tuple[str, str]:
        used.append(logins[name][0])
        return logins[name]

    yield login
    for email in used:
        script = f"""
from apps.accounts.models import Factor, RecoveryCode
Factor.objects.filter(user__email={email!r}).delete()
RecoveryCode.objects.filter(user__email={email!r}).delete()
"""
        assert running_portal.manage("shell", "-c", script).returncode == 0


Login = Callable[[str], tuple[str, str]]


def open_account(page: Page, login: tuple[str, str]) -> None:
    page.open()
    page.sign_in(*login)
    page.shows("What happened lately")
    page.one(".menu > button").click()
    press(page, "Account security", ".menu")
    page.heading("Account security")
    page.shows("This device")


def sign_out(page: Page) -> None:
    page.one(".menu > button").click()
    press(page, "Sign out", ".menu")
    page.one("#email")


def set_up_app(page: Page) -> tuple[str, str, list[str]]:
    """Set up an app on the page; return its key, the code that was used, the recovery codes."""
    press(page, "Set up an app")
    page.one("img.qr")
    page.one("details.more summary").click()
    secret = page.text(".secret").replace(" ", "")
    code = pyotp.TOTP(secret).now()
    page.type("#code", code + Keys.ENTER)
    page.shows("Save your recovery codes")
    codes = [code.text for code in page.all(".recovery code")]
    press(page, "I have saved them")
    page.shows("10 of 10 codes left")
    return secret, code, codes


def test_p12_an_app_is_set_up_and_asked_on_the_web_page(
    place: Page, without_factors: Login
) -> None:
    login = without_factors("bob")
    open_account(place, login)
    secret, used, codes = set_up_app(place)
    assert len(codes) == 10
    sign_out(place)
    place.sign_in(*login)
    place.shows("One more step", "h1")
    place.until(lambda: place.focus()["id"] == "code", "the code field has not the focus")
    place.press("12" + Keys.ENTER)
    place.shows("The code has six digits.", "#fault")
    place.type("#code", used + Keys.ENTER)
    place.shows("This code is not right, or it was used before.", "#fault")
    place.type("#code", new_code(secret, used) + Keys.ENTER)
    place.shows("Account security", "h1")
    assert place.complaints() == []
    sign_out(place)
    place.sign_in(*login)
    press(place, "Use a recovery code")
    place.type("#recovery", codes[0] + Keys.ENTER)
    place.shows("9 of 10 codes left")


def test_r19_a_passkey_is_made_and_signs_in_alone(place: Page, without_factors: Login) -> None:
    open_account(place, without_factors("bob"))
    press(place, "Add a passkey")
    place.shows("Save your recovery codes")
    press(place, "I have saved them")
    press(place, "Rename")
    place.type("#passkey-name", "Work laptop" + Keys.ENTER)
    place.shows("Work laptop")
    sign_out(place)
    press(place, "Sign in with a passkey")
    place.shows("Account security", "h1")
    place.shows("With passkey")
    assert place.complaints() == []
    press(place, "Remove")
    press(place, "Remove", ".sure")
    place.shows("Only your password protects this account")


def test_a_passkey_is_the_second_step_after_a_password(place: Page, without_factors: Login) -> None:
    login = without_factors("bob")
    open_account(place, login)
    press(place, "Add a passkey")
    press(place, "I have saved them")
    sign_out(place)
    place.sign_in(*login)
    place.shows("Confirm with your passkey")
    press(place, "Use my passkey")
    place.shows("With password and passkey")


def test_r25_a_dialog_asks_for_a_proof_and_goes_on(
    place: Page, without_factors: Login, running_portal: RunningPortal
) -> None:
    login = without_factors("bob")
    open_account(place, login)
    set_up_app(place)
    assert running_portal.manage("shell", "-c", STALE).returncode == 0
    press(place, "Make new codes")
    place.shows("Is it you?", "dialog")
    press(place, "Cancel", "dialog")
    place.shows("10 of 10 codes left")
    press(place, "Make new codes")
    press(place, "Use my password", "dialog")
    place.type("#proof-password", "wrong" + Keys.ENTER)
    place.shows("This is not your password.", "dialog")
    place.type("#proof-password", login[1] + Keys.ENTER)
    place.shows("Save your recovery codes")
    assert len(place.all(".recovery code")) == 10


def test_r176_the_second_step_is_done_with_the_keyboard_alone(
    place: Page, without_factors: Login
) -> None:
    login = without_factors("bob")
    open_account(place, login)
    secret, used, _codes = set_up_app(place)
    sign_out(place)
    place.one("#email").send_keys(login[0] + Keys.TAB)
    place.press(login[1] + Keys.ENTER)
    place.until(lambda: place.focus()["id"] == "code", "the code field has not the focus")
    place.press(new_code(secret, used) + Keys.ENTER)
    place.shows("Account security", "h1")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_wider_than_a_small_phone(
    place: Page, without_factors: Login, theme: str
) -> None:
    open_account(place, without_factors("bob"))
    place.run(f"document.documentElement.dataset.theme = '{theme}'")
    press(place, "Set up an app")
    place.one("img.qr")
    place.resize(320, 640)
    assert place.overflow() <= 0


def test_r23_another_device_is_signed_out(
    place: Page, without_factors: Login, portal_url: str
) -> None:
    email, password = without_factors("bob")
    headers = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/132.0"}
    body = {"email": email, "password": password}
    pair = httpx.post(f"{portal_url}/api/v1/auth/login", json=body, headers=headers).json()["data"]
    open_account(place, (email, password))
    place.shows("Firefox on Windows")
    press(place, "Sign out: Firefox on Windows")
    place.until(lambda: "Firefox on Windows" not in place.text("main"), "the device is still there")
    token = {"Authorization": f"Bearer {pair['access_token']}"}
    assert httpx.get(f"{portal_url}/api/v1/users/me", headers=token).status_code == 401


def test_an_address_of_numbers_says_why_there_is_no_passkey(page: Page, logins: Logins) -> None:
    page.open()
    page.one("#email")
    assert not page.all("#passkey")
    page.sign_in(*logins["bob"])
    page.shows("What happened lately")
    page.go("#/account")
    page.shows("Passkeys need a host name, and this address is a number.")
    assert "http://localhost:" in page.text("main .notice a")


def test_r26_a_password_is_changed_on_the_page(place: Page, without_factors: Login) -> None:
    email, old = without_factors("bob")
    new = "a better battery staple"
    open_account(place, (email, old))
    press(place, "Change the password")
    place.type("#present", "wrong")
    place.type("#next", new + Keys.ENTER)
    place.shows("The present password is not right.", "#password-fault")
    for present, chosen in ((old, new), (new, old)):  # and back, for the other tests
        place.type("#present", present)
        place.type("#next", chosen + Keys.ENTER)
        place.until(lambda: not place.all("#present"), "the form does not close")
        place.shows("This device")
        press(place, "Change the password")
    press(place, "Cancel")
    assert place.all("#present") == []
