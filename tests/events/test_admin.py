"""The pages on which owner and admin look at the log."""

from django.test import Client as Browser

from apps.accounts.models import Membership
from apps.clients.models import Client
from tests.conftest import assert_constant_queries
from tests.events.test_reading import happen

PAGE = "/admin/events/event/"


def browser(person: Membership) -> Browser:
    made = Browser()
    made.force_login(person.user)
    return made


def test_the_log_is_searched_by_kind_and_by_whole_ids(client_a: Client, owner: Membership) -> None:
    made = str(happen(client_a))
    pages = browser(owner)
    for words in ("", "client.", str(client_a.id)):
        page = pages.get(PAGE, {"q": words})
        assert page.status_code == 200
        assert made in page.content.decode()
    assert made not in pages.get(PAGE, {"q": "invoice"}).content.decode()
    assert made in pages.get(PAGE, {"kind": "client.updated", "actor_type": "system"}).text
    assert made not in pages.get(PAGE, {"kind": "client.created"}).text


def test_the_log_of_another_studio_is_not_shown(client_a: Client, mallory: Membership) -> None:
    made = str(happen(client_a))
    assert made not in browser(mallory).get(PAGE).content.decode()


def test_nothing_can_be_changed(client_a: Client, owner: Membership) -> None:
    made = happen(client_a)
    pages = browser(owner)
    assert pages.get(f"{PAGE}add/").status_code == 403
    assert pages.post(f"{PAGE}{made}/change/", {"kind": "x"}).status_code == 403
    assert pages.post(f"{PAGE}{made}/delete/", {"post": "yes"}).status_code == 403


def test_a_page_costs_the_same_for_any_number_of_rows(client_a: Client, owner: Membership) -> None:
    pages = browser(owner)
    assert_constant_queries(lambda: pages.get(PAGE), lambda: happen(client_a), at_most=14)


def test_parked_events_have_a_page(owner: Membership) -> None:
    assert browser(owner).get("/admin/events/parked/").status_code == 200
