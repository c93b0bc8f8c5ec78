"""Mails that open an account: sent, removed from the table, and read by few (R3, R32, P06, P08)."""

from email.message import EmailMessage
from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.notifications.mail import mailer, send_all_due
from apps.notifications.models import Mail
from tests.accounts.letters import PATH, PUBLIC, letters, path_in, post
from tests.conftest import api
from tests.factories import make_member
from tests.notifications.mails import make_mail
from tests.notifications.sink import Sink, mail_server
from tests.notifications.test_mail_outbox import LIST, browser, page_of


@pytest.fixture
def sink(settings: Any) -> Any:
    with mail_server() as server:
        settings.PUBLIC_URL, settings.SMTP_URL = PUBLIC, f"{server.url}?tls=0"
        yield server


def sent(sink: Sink, row: Any) -> list[EmailMessage]:
    """Write and send what is due; return what the server took."""
    letters(row)
    way = mailer()
    assert way is not None
    send_all_due(way)
    return sink.messages


def parts(message: EmailMessage) -> tuple[str, str]:
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return str(text.get_content()), str(html.get_content())


def invite(person: Membership, client: Client, email: str) -> None:
    body = {"email": email, "role": "client", "client_id": str(client.id)}
    assert api(person).post("/api/v1/invitations", body).status_code == 201


def test_every_letter_arrives_as_html_and_text_with_one_link(
    sink: Sink, staff: Membership, client_a: Client, alice: Membership
) -> None:
    """P06, P08, P09, R22: as the mail server of the tests sees them."""
    client_a.organization.settings["features"] = {"open_registration": True}
    client_a.organization.save(update_fields=["settings"])
    invite(staff, client_a, "ann@example.com")
    post("/auth/password-resets", email=alice.user.email)
    post("/auth/magic-links", email=alice.user.email)
    post("/auth/register", email="ben@example.com", password="a quiet lighthouse")
    post("/auth/register", email=alice.user.email, password="a quiet lighthouse")
    client = api(alice)
    client.post("/api/v1/auth/email-verifications")
    client.post("/api/v1/users/me/email-changes", {"email": "new@example.com"})
    messages = sent(sink, staff)
    folders = {}
    for message in messages:
        text, html = parts(message)
        (path,) = set(PATH.findall(text))
        assert set(PATH.findall(html)) == {path}
        assert html.count('class="btn"') == 1
        assert "{{" not in text + html
        folders[(str(message["To"]), path.split("/")[1])] = str(message["Subject"])
    mine = alice.user.email
    assert set(folders) == {
        ("ann@example.com", "invitations"), (mine, "password-reset"), (mine, "magic-link"),
        ("ben@example.com", "registrations"), (mine, "verify-email"), (mine, "email-change"),
        ("new@example.com", "email-change"),
    }  # fmt: skip
    assert len(messages) == 8  # "you already have an account" leads to /password-reset too


def test_the_words_of_a_mail_with_a_link_are_removed_when_it_has_left(
    sink: Sink, staff: Membership, client_a: Client, owner: Membership
) -> None:
    invite(staff, client_a, "ann@example.com")
    (message,) = sent(sink, staff)
    assert "/invitations/" in parts(message)[0]
    (mail,) = letters(staff)
    assert (mail.state, mail.text, mail.html, mail.is_sensitive) == ("sent", "", "", True)
    shown = browser(owner).get(page_of(mail)).content.decode()
    assert "this mail holds a link that opens an account" in shown


def test_a_refused_mail_with_a_link_loses_its_words_too(
    sink: Sink, staff: Membership, client_a: Client
) -> None:
    sink.answers["ann@example.com"] = ["550 no such box"]
    invite(staff, client_a, "ann@example.com")
    assert sent(sink, staff) == []
    (mail,) = letters(staff)
    assert (mail.state, mail.text, mail.html) == ("failed", "", "")


def test_a_mail_with_a_link_is_not_read_while_it_waits_for_the_server(
    sink: Sink, staff: Membership, client_a: Client, owner: Membership
) -> None:
    invite(staff, client_a, "ann@example.com")
    (mail,) = letters(staff)
    assert mail.state == "pending"
    assert path_in(mail) not in browser(owner).get(page_of(mail)).content.decode()


def test_r3_without_a_server_the_owner_reads_the_link_in_the_outbox(
    staff: Membership, client_a: Client, owner: Membership, settings: Any
) -> None:
    settings.PUBLIC_URL, settings.SMTP_URL = PUBLIC, ""
    invite(staff, client_a, "ann@example.com")
    (mail,) = letters(staff)
    assert path_in(mail) in browser(owner).get(page_of(mail)).content.decode()


def test_an_admin_reads_no_link_that_signs_in_as_somebody_else(
    owner: Membership, settings: Any
) -> None:
    settings.PUBLIC_URL, settings.SMTP_URL = PUBLIC, ""
    admin = make_member(owner.organization, "admin")
    for person in (owner, admin):
        post("/auth/magic-links", email=person.user.email)
    theirs, own = letters(owner)
    page = browser(admin)
    assert path_in(theirs) not in page.get(page_of(theirs)).content.decode()
    assert path_in(own) in page.get(page_of(own)).content.decode()
    guess = path_in(theirs)[:20]
    assert theirs.to_address not in page.get(f"{LIST}?q={guess}").content.decode()


def test_the_words_of_other_mails_stay(sink: Sink, alice: Membership) -> None:
    mail = make_mail(alice)
    way = mailer()
    assert way is not None
    assert send_all_due(way) == 1
    with organization_scope(alice.organization_id):
        kept = Mail.objects.get(id=mail.id)
    assert (kept.state, kept.text) == ("sent", mail.text)


@pytest.mark.parametrize("name", ["North\r\nBcc: eve@example.com", "<script>x</script>", "N" * 300])
def test_a_name_makes_no_second_head_and_no_markup(
    sink: Sink, staff: Membership, client_a: Client, name: str
) -> None:
    client_a.organization.name = name[:200]
    client_a.organization.save(update_fields=["name"])
    invite(staff, client_a, "ann@example.com")
    (message,) = sent(sink, staff)
    assert message["Bcc"] is None
    assert [value for key, value in message.items() if key.lower() == "to"] == ["ann@example.com"]
    assert len(str(message["Subject"])) <= 200
    assert "<script>" not in parts(message)[1]
