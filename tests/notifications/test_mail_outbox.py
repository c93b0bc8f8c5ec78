"""The outbox page: administrators read each mail and click its links, without risk (R3)."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.notifications.models import Mail
from tests.conftest import assert_constant_queries
from tests.invoices.factories import make_invoice
from tests.notifications.mails import links_of, mails, make_mail, write_all

LIST = "/admin/notifications/mail/"


def browser(person: Membership) -> Browser:
    made = Browser()
    made.force_login(person.user)
    return made


def page_of(mail: Mail) -> str:
    return reverse("admin:notifications_mail_change", args=[mail.id])


def frame_of(text: str) -> tuple[str, str]:
    """Return the attributes and the content of the page's frame."""
    (found,) = re.findall(r"<iframe ([^>]*)></iframe>", text)
    (content,) = re.findall(r'srcdoc="([^"]*)"', found)
    return found.replace(content, ""), unescape(content)


def test_r3_a_mail_without_a_server_is_read_in_the_outbox_and_its_link_clicked(
    client_a: Client, alice: Membership, owner: Membership, settings: Any
) -> None:
    settings.PUBLIC_URL, settings.SMTP_URL = "https://portal.example", ""
    invoice = make_invoice(client_a)
    write_all(client_a)
    (mail,) = mails(client_a)
    page = browser(owner)
    listed = page.get(LIST)
    assert listed.status_code == 200
    words = listed.content.decode()
    assert "Mail outbox" in words or "mail outbox" in words
    assert mail.subject in words
    assert page_of(mail) in words
    shown = page.get(page_of(mail))
    assert shown.status_code == 200
    _attributes, content = frame_of(shown.content.decode())
    assert content == mail.html
    assert links_of(content) == [f"https://portal.example/#/invoices/{invoice.id}"] * 2
    assert f"https://portal.example/#/invoices/{invoice.id}" in shown.content.decode()


def test_no_script_of_a_mail_runs_in_the_outbox(alice: Membership, owner: Membership) -> None:
    evil = '"><script>alert(1)</script></iframe><script>alert(2)</script>'
    mail = make_mail(alice, html=evil, text=evil, subject=evil)
    text = browser(owner).get(page_of(mail)).content.decode()
    assert "<script>alert" not in text
    attributes, content = frame_of(text)
    assert content == evil
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in attributes
    assert "allow-scripts" not in attributes
    assert "allow-same-origin" not in attributes


@pytest.mark.parametrize("who", ["staff", "accountant", "alice", "anonymous"])
def test_nobody_but_owner_and_admins_opens_the_outbox(
    who: str, alice: Membership, cast: dict[str, Membership | None]
) -> None:
    mail = make_mail(alice)
    person = cast[who]
    page = Browser() if person is None else browser(person)
    for url in (LIST, page_of(mail)):
        response = page.get(url)
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/admin/login/")


def test_staff_who_may_open_the_admin_still_see_no_mail(
    alice: Membership, staff: Membership
) -> None:
    mail = make_mail(alice)
    staff.user.is_staff = True
    staff.user.save(update_fields=["is_staff"])
    page = browser(staff)
    assert mail.subject not in page.get(LIST).content.decode()
    assert page.get(page_of(mail)).status_code == 302
    with organization_scope(staff.organization_id):
        assert not Mail.objects.visible_to(staff.actor()).exists()


def test_another_organization_sees_none_of_it(alice: Membership, mallory: Membership) -> None:
    mail = make_mail(alice)
    page = browser(mallory)
    assert mail.subject not in page.get(LIST).content.decode()
    assert page.get(page_of(mail)).status_code == 302


def test_the_list_costs_the_same_for_more_mails(alice: Membership, owner: Membership) -> None:
    page = browser(owner)
    assert_constant_queries(lambda: page.get(LIST), lambda: make_mail(alice))


def test_the_list_is_searched_and_filtered(alice: Membership, owner: Membership) -> None:
    make_mail(alice, subject="About apples", state="kept")
    make_mail(alice, subject="About pears", last_error="550 no", state="failed")
    page = browser(owner)
    for query, seen, unseen in (
        ("q=apples", "apples", "pears"),
        ("state__exact=failed", "pears", "apples"),
    ):
        words = page.get(f"{LIST}?{query}").content.decode()
        assert f"About {seen}" in words
        assert f"About {unseen}" not in words


@pytest.mark.parametrize("action", ["add/", "{id}/delete/"])
def test_a_mail_cannot_be_made_or_removed_by_hand(
    alice: Membership, owner: Membership, action: str
) -> None:
    mail = make_mail(alice)
    url = LIST + action.format(id=mail.id)
    assert browser(owner).get(url).status_code == 403
    assert browser(owner).post(url, {"post": "yes"}).status_code == 403


def test_a_mail_cannot_be_changed_by_hand(alice: Membership, owner: Membership) -> None:
    mail = make_mail(alice)
    assert browser(owner).post(page_of(mail), {"subject": "Other"}).status_code == 403
    assert [row.subject for row in mails(alice)] == [mail.subject]
