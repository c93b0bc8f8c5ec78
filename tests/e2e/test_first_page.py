"""The first page in a real browser, on a running portal: signing in, the dashboard, things."""

from pathlib import Path

import pytest

from tests.e2e.conftest import Logins, SignIn
from tests.e2e.page import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def contact(page: Page, signed_in: SignIn) -> Page:
    """Bob, so that the requests of this module and of the live flows count apart."""
    signed_in(page, "bob")
    page.shows("waiting for you", "h1")
    return page


RENEW_ALONE = """
window.old ??= JSON.parse(localStorage.getItem("portico.session")).refresh_token;
fetch("/api/v1/auth/refresh", {
  method: "POST", headers: {"Content-Type": "application/json"},
  body: JSON.stringify({refresh_token: window.old}),
}).then((answer) => { window.renewed = answer.status; });
"""


def test_the_fields_are_named_for_people_and_password_managers(page: Page) -> None:
    page.open()
    assert page.one("label[for=email]").text == "E-mail"
    assert page.one("#email").get_attribute("autocomplete") == "username"
    assert page.one("label[for=password]").text == "Password"
    assert page.one("#password").get_attribute("autocomplete") == "current-password"
    assert page.browser.title.startswith("Sign in · ")


def test_empty_fields_are_listed_in_a_summary_that_has_the_focus(page: Page) -> None:
    page.open()
    page.one("button[type=submit]").click()
    page.until(lambda: page.run("return document.activeElement.id") == "fault", "no summary")
    assert [link.text for link in page.all("#fault a")] == [
        "Enter your e-mail address.",
        "Enter your password.",
    ]
    page.one("#fault a").click()
    assert page.run("return document.activeElement.id") == "email"
    assert page.one("#email").get_attribute("aria-invalid") == "true"


def test_a_wrong_password_keeps_the_e_mail(page: Page, logins: Logins) -> None:
    email, _password = logins["alice"]
    page.open()
    page.sign_in(email, "not the password")
    page.shows("That e-mail and password do not go together.", "#fault")
    assert page.one("#email").get_attribute("value") == email
    assert not page.one("#password").get_attribute("value")
    assert page.one("#password").get_attribute("aria-describedby") == "fault-title"


def test_signing_in_without_a_line_says_so(page: Page, logins: Logins) -> None:
    page.open()
    page.one("#email")
    page.offline(on=True)
    page.sign_in(*logins["alice"])
    page.shows("You are offline.", "#fault")


def test_a_contact_sees_what_waits_and_nothing_breaks_the_policy(contact: Page) -> None:
    contact.heading("waiting for you")
    contact.shows("Your projects")
    contact.shows("What happened lately")
    assert contact.browser.title.startswith("Waiting for you · ")
    assert contact.complaints() == []


def test_a_reload_stays_signed_in_and_a_second_tab_too(contact: Page) -> None:
    contact.open()
    contact.shows("waiting for you", "h1")
    contact.browser.switch_to.new_window("tab")
    contact.open()
    contact.shows("waiting for you", "h1")


def test_r17_two_tabs_that_refresh_at_once_both_stay_signed_in(contact: Page) -> None:
    """The second one presents the old token again, as if there were no lock between the tabs."""
    first = contact.browser.current_window_handle
    contact.browser.switch_to.new_window("tab")
    contact.open()
    contact.shows("waiting for you", "h1")
    for handle in (first, contact.browser.current_window_handle):
        contact.browser.switch_to.window(handle)
        contact.run(RENEW_ALONE)
    for handle in contact.browser.window_handles:
        contact.browser.switch_to.window(handle)
        contact.until(lambda: contact.run("return window.renewed"), "no answer to the refresh")
        assert contact.run("return window.renewed") == 200
        contact.open()
        contact.shows("waiting for you", "h1")


def test_signing_out_ends_every_tab(contact: Page) -> None:
    first = contact.browser.current_window_handle
    contact.browser.switch_to.new_window("tab")
    contact.open()
    contact.one(".menu > button").click()
    contact.one(".menu-panel > .btn").click()
    contact.one("#email")
    contact.browser.switch_to.window(first)
    contact.one("#email")


def test_the_theme_is_kept_and_rendered_by_the_server(contact: Page) -> None:
    contact.one(".menu > button").click()
    dark = next(button for button in contact.all(".segment button") if button.text == "Dark")
    dark.click()
    assert contact.run("return document.documentElement.dataset.theme") == "dark"
    contact.open()
    source = "const answer = await fetch('/'); return answer.text();"
    page: str = contact.browser.execute_script(f"return (async () => {{ {source} }})()")
    assert ' data-theme="dark"' in page


@pytest.mark.parametrize("width", [1280, 390])
def test_every_stop_of_the_keyboard_has_a_ring(contact: Page, width: int) -> None:
    contact.resize(width, 844)
    contact.open()
    contact.shows("What happened lately")
    first = contact.tab()
    assert first["text"] == "Skip to content"
    for _stop in range(12):
        stop = contact.tab()
        assert stop["ring"] or stop["tag"] == "BODY", stop


def test_no_place_scrolls_sideways_on_a_small_phone(contact: Page) -> None:
    contact.resize(320, 640)
    for place in ("#/", "#/projects", "#/invoices", "#/messages", "#/approvals"):
        contact.go(place)
        contact.one("h1")
        contact.until(lambda: not contact.all("[aria-busy=true]"), "still loading")
        assert contact.overflow() <= 0, place


def test_a_place_has_its_title_and_the_focus_on_its_heading(contact: Page) -> None:
    contact.go("#/invoices")
    contact.heading("Invoices")
    assert contact.browser.title.startswith("Invoices · ")


def test_an_unknown_thing_says_the_same_as_a_foreign_one(contact: Page) -> None:
    contact.go("#/invoices/0193a1f0-5b7e-7c11-9a53-0d7e5c1f2a10")
    contact.heading("There is nothing here for you")


def test_a_lost_line_is_said_calmly(contact: Page) -> None:
    contact.offline(on=True)
    contact.shows("You are offline. What you write is kept and goes out by itself.")
    contact.offline(on=False)
    contact.until(lambda: "You are offline" not in contact.text(), "the line stays")


def test_an_owner_sees_figures_that_lead_to_their_lists(owner: Page) -> None:
    owner.shows("Owed to us", ".figures")
    for words in ("Waiting for us", "Waiting for clients", "Projects", "What happened lately"):
        owner.shows(words)
    owner.one(".figures a").click()
    owner.heading("Money")
    assert owner.complaints() == []


def test_a_busy_server_is_said_and_asked_again(contact: Page) -> None:
    contact.block("*/api/v1/invoices*")
    contact.open()
    contact.shows("We could not load what waits for you.")
    contact.block()
    contact.one(".notice .btn").click()
    contact.shows("waiting for you", "h1")


def test_a_project_names_its_phases_its_part_and_its_files(contact: Page) -> None:
    contact.go("#/projects")
    contact.heading("Projects")
    contact.one(".card").click()
    contact.shows("Your part in ")
    assert len(contact.all(".colonnade > li")) == 8
    assert contact.text(".colonnade .is-now .name").startswith("Sign-off & Docs")
    contact.shows("Jonas Weber leads it.", ".lead")
    contact.shows("Version 1 · ", "[aria-labelledby=files]")


def test_the_approved_file_can_be_downloaded(contact: Page, tmp_path: Path) -> None:
    contact.downloads_to(tmp_path)
    contact.go("#/projects")
    contact.one(".card").click()
    contact.one("[aria-labelledby=files] button").click()
    contact.until(lambda: list(tmp_path.glob("*.pdf")), "nothing was downloaded")
    assert next(tmp_path.glob("*.pdf")).read_bytes().startswith(b"%PDF-")
    assert contact.complaints() == []


def test_an_accountant_sees_money_and_no_questions(page: Page, signed_in: SignIn) -> None:
    signed_in(page, "accountant")
    page.shows("Owed to us", ".figures")
    assert "Approvals waiting" not in page.text(".figures")
    assert "Approvals" not in page.text("nav")
    page.go("#/approvals")
    page.heading("There is nothing here for you")
    assert page.complaints() == []
