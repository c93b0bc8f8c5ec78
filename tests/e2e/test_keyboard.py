"""Everything that a contact has to do works without a mouse."""

from collections.abc import Callable

import pytest
from selenium.webdriver.common.keys import Keys

from tests.e2e.conftest import Logins
from tests.e2e.page import Page
from tests.e2e.studio import Caller, ask_for_approval, project_of

pytestmark = pytest.mark.browser


def test_a_contact_signs_in_and_approves_with_the_keyboard_alone(
    page: Page, logins: Logins, calling: Callable[[str], Caller]
) -> None:
    staff = calling("staff")
    project = project_of(staff, "Spring tableware catalogue")
    approval = ask_for_approval(staff, calling("alice"), project, "Is this the right paper?")
    email, password = logins["alice"]
    page.open()
    page.one("#email")
    page.tab_to("email")
    page.press(email)
    page.tab_to("password")
    page.press(password, Keys.ENTER)
    page.heading("waiting for you")
    page.shows(approval["file_name"], ".rows")
    page.tab_to(f"Review: Approve {approval['file_name']}")
    page.press(Keys.ENTER)
    page.heading(approval["file_name"])
    while page.tab()["tag"] != "INPUT":
        pass
    page.press(Keys.SPACE)
    page.tab_to("Approve version 1")
    page.press(Keys.ENTER)
    page.shows("This is approved. The studio goes on with it.")
    assert calling("alice").get(f"/approvals/{approval['id']}")["status"] == "approved"


def test_the_account_menu_opens_closes_and_gives_the_focus_back(contact: Page) -> None:
    contact.tab_to("AN")
    contact.press(Keys.ENTER)
    contact.shows("Sign out", ".menu-panel")
    contact.press(Keys.ESCAPE)
    contact.until(lambda: not contact.all(".menu-panel:not([hidden])"), "the menu stays open")
    assert contact.focus()["text"].startswith("AN")
