"""A mail leads into the portal: an invitation, and a sign-in link, in a real browser (R8, R22)."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.e2e.page import Page
from tests.e2e.studio import Caller
from tests.running import RunningPortal

pytestmark = pytest.mark.browser

READ = """
from apps.core.tenancy import across_organizations
from apps.notifications.models import Mail
with across_organizations():
    for mail in Mail.objects.filter(to_address={address!r}).order_by("created_at"):
        print(mail.text)
"""


def path_from_mail(portal: RunningPortal, page: Page, address: str, folder: str) -> str:
    """Wait for the mail that the workers write, and return the path of its link."""
    pattern = rf"{re.escape(portal.url)}(/{folder}/[\w-]+)"

    def found() -> list[str]:
        text = portal.manage("shell", "-c", READ.format(address=address)).stdout
        return re.findall(pattern, text)

    paths: list[str] = page.until(found, f"no mail to {address}")
    return paths[-1]


def test_r8_an_invited_contact_is_in_after_three_screens(
    page: Page, running_portal: RunningPortal, calling: Callable[[str], Caller]
) -> None:
    owner, email = calling("owner"), f"ann-{uuid4().hex[:8]}@example.org"
    (client,) = [row for row in owner.get("/clients") if row["name"] == "Brightwater Ceramics"]
    owner.post("/invitations", {"email": email, "role": "client", "client_id": client["id"]})
    path = path_from_mail(running_portal, page, email, "invitations")
    page.open(path)  # the first screen
    page.shows("Priya Raman invites you")
    page.shows("Brightwater Ceramics")
    page.resize(320, 700)
    assert page.overflow() <= 0
    page.type("#first_name", "Ann")
    page.type("#last_name", "Lee")
    page.type("#password", "password1")
    page.one("button[type=submit]").click()
    page.shows("one of the most common", ".error")
    assert page.one("#first_name").get_attribute("value") == "Ann"
    page.type("#password", "a quiet lighthouse")
    page.one("button[type=submit]").click()
    page.shows("waiting for you", "h1")  # the second
    assert page.browser.current_url.endswith("/#/")  # the code is in no history
    page.go("/projects")
    page.shows("Projects", "h1")  # the third
    assert page.complaints() == []
    page.open(path)
    page.shows("This link does not work any more", "h1")


def test_r22_a_mailed_link_signs_in_from_the_first_page(
    page: Page, running_portal: RunningPortal, logins: dict[str, tuple[str, str]]
) -> None:
    email, _password = logins["bob"]
    page.open()
    page.one("#mail-me").click()
    page.shows("Enter your e-mail address above first.")
    page.type("#email", email)
    page.one("#mail-me").click()
    page.shows("a mail with a sign-in link is on its way")
    page.open(path_from_mail(running_portal, page, email, "magic-link"))
    page.shows(f"Sign in as {email}")
    page.one("button[type=submit]").click()
    page.shows("What happened lately")
    assert page.complaints() == []


def test_a_code_of_a_strange_browser_is_refused_kindly(page: Page) -> None:
    page.open("/#/handoff/nonsense")
    page.heading("You are not signed in")
    page.shows("Please sign in here.")
    page.one("button").click()
    page.one("#email")
    assert "nonsense" not in page.browser.current_url
