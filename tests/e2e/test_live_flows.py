"""A contact's page and the studio's page follow each other without a reload (R107, P60, P66)."""

import time
from collections.abc import Callable

import pytest

from tests.e2e.conftest import SignIn
from tests.e2e.page import Page
from tests.e2e.studio import (
    Caller,
    ask_for_approval,
    project_of,
    send_invoice,
    start_conversation,
)

pytestmark = pytest.mark.browser
PROJECT = "Spring tableware catalogue"
LIVE_SECONDS = 1.0
Calling = Callable[[str], Caller]


@pytest.fixture
def owner_page(other_page: Page, signed_in: SignIn) -> Page:
    """The owner in the second browser, on the first screen, with the live line open."""
    signed_in(other_page, "owner")
    other_page.is_live()
    return other_page


def shown_within(page: Page, words: str, seconds: float = LIVE_SECONDS) -> None:
    """Wait for the words; fail when they came later than `seconds` after this call."""
    began = time.monotonic()
    page.shows(words, "#main")
    taken = time.monotonic() - began
    assert taken <= seconds, f"{words!r} took {taken:.2f} s"


def test_r107_an_invoice_appears_on_the_contacts_first_screen(
    contact: Page, calling: Calling
) -> None:
    contact.is_live()
    owner = calling("owner")
    invoice = send_invoice(owner, project_of(owner, PROJECT), 120)
    shown_within(contact, f"Pay invoice {invoice['number']}")
    shown_within(contact, f"sent invoice {invoice['number']} for €120.00")


def test_r107_a_question_appears_on_the_contacts_first_screen(
    contact: Page, calling: Calling
) -> None:
    contact.is_live()
    staff = calling("staff")
    approval = ask_for_approval(
        staff, calling("alice"), project_of(staff, PROJECT), "May we print this?"
    )
    shown_within(contact, f"Approve {approval['file_name']}, version 1")


def test_r107_a_message_appears_in_the_open_conversation_and_counts_elsewhere(
    contact: Page, calling: Calling
) -> None:
    staff = calling("staff")
    conversation = start_conversation(staff, calling("alice"), "Paper for the cover")
    contact.is_live()
    staff.post(f"/conversations/{conversation['id']}/messages", {"body": "Matt or gloss?"})
    shown_within(contact, "Paper for the cover")
    contact.go(f"#/conversations/{conversation['id']}")
    contact.shows("Matt or gloss?", "[role=log]")
    staff.post(f"/conversations/{conversation['id']}/messages", {"body": "Matt is in stock."})
    shown_within(contact, "Matt is in stock.")


def test_a_contact_approves_and_the_owner_sees_it_at_once(
    contact: Page, owner_page: Page, calling: Calling
) -> None:
    staff = calling("staff")
    approval = ask_for_approval(
        staff, calling("alice"), project_of(staff, PROJECT), "Is the cover right?"
    )
    shown_within(owner_page, f"{approval['file_name']}, version 1")
    contact.go(f"#/approvals/{approval['id']}")
    contact.shows("Is the cover right?", "#question")
    contact.shows("Jonas Weber asks")
    contact.one("input[value=approved]").click()
    contact.one("form button[type=submit]").click()
    contact.shows("This is approved. The studio goes on with it.")
    contact.shows("You approved version 1", ".trail")
    shown_within(owner_page, f"Alice Ng approved version 1 of {approval['file_name']}")
    assert contact.complaints() == []


def test_a_contact_asks_for_changes_only_with_words(contact: Page, calling: Calling) -> None:
    staff = calling("staff")
    approval = ask_for_approval(
        staff, calling("alice"), project_of(staff, PROJECT), "Is the back right?"
    )
    contact.go(f"#/approvals/{approval['id']}")
    contact.one("input[value=changes_requested]").click()
    contact.one("form button[type=submit]").click()
    contact.shows("Say what should change.", "#answer-fault")
    contact.type("#comment", "A warmer blue, please.")
    contact.one("form button[type=submit]").click()
    contact.shows("Changes were asked.")
    contact.shows("“A warmer blue, please.”", ".trail")


def test_p66_a_contact_pays_and_the_owner_sees_it_at_once(
    contact: Page, owner_page: Page, calling: Calling
) -> None:
    owner = calling("owner")
    invoice = send_invoice(owner, project_of(owner, PROJECT), 75)
    contact.go(f"#/invoices/{invoice['id']}")
    contact.shows("€75.00", ".sum")
    contact.one(".act-first .btn-primary").click()
    contact.shows("Paid. Thank you, Alice.", ".act-first")
    contact.shows("Paid", "article .badge")
    shown_within(owner_page, f"payment of €75.00 for invoice {invoice['number']} arrived")
    assert owner.get(f"/invoices/{invoice['id']}")["status"] == "paid"
    assert len(owner.get("/payments", invoice_id=invoice["id"])) == 1


def test_a_contact_writes_and_the_studio_reads_it_at_once(
    contact: Page, other_page: Page, signed_in: SignIn, calling: Calling
) -> None:
    conversation = start_conversation(calling("staff"), calling("alice"), "Delivery")
    signed_in(other_page, "staff")
    other_page.is_live()
    contact.go(f"#/conversations/{conversation['id']}")
    contact.type("#message", "Can you deliver on Friday?")
    contact.one(".composer button").click()
    contact.shows("Can you deliver on Friday?", "[role=log]")
    shown_within(other_page, "Answer: Delivery")
    other_page.go(f"#/conversations/{conversation['id']}")
    other_page.shows("Can you deliver on Friday?", "[role=log]")
    contact.until(lambda: "Read" in contact.text("[role=log]"), "not marked as read")


def test_a_message_written_offline_goes_out_once_by_itself(contact: Page, calling: Calling) -> None:
    alice = calling("alice")
    conversation = start_conversation(calling("staff"), alice, "Offline")
    contact.go(f"#/conversations/{conversation['id']}")
    contact.one("#message")
    contact.until(lambda: not contact.all("[aria-busy=true]"), "still loading")
    contact.offline(on=True)
    contact.type("#message", "Written in a tunnel.")
    contact.one(".composer button").click()
    contact.shows("Not sent.", "[role=log]")
    contact.offline(on=False)
    contact.until(lambda: "Not sent." not in contact.text("[role=log]"), "it stays unsent")
    rows = alice.get(f"/conversations/{conversation['id']}/messages")
    assert [row["body"] for row in rows] == ["Written in a tunnel."]


def test_what_is_asked_of_a_colleague_is_no_form(contact: Page, calling: Calling) -> None:
    """Mallory's studio and Bob's company keep their own; an approval of another is not there."""
    bobs = calling("bob").get("/approvals")[0]
    contact.go(f"#/approvals/{bobs['id']}")
    contact.heading("There is nothing here for you")
