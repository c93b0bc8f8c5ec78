"""Which mails are written, to whom, and what they say (R3, R100, R120, R125, R126)."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Membership
from apps.clients.models import Client, Contact
from apps.core import clock
from apps.core.tenancy import organization_scope
from apps.events.kinds import KINDS as EVENT_KINDS
from apps.events.models import Event
from apps.notifications.mail import write_mails
from apps.notifications.mail.access import ACCESS
from apps.notifications.mail.letters import KINDS, write
from apps.notifications.mail.notices import NOTICES
from apps.notifications.models import Mail
from portal.subscribers import CONSUMERS
from tests.approvals.factories import make_approval
from tests.conftest import events_of
from tests.factories import make_contact
from tests.files.factories import make_shared_file
from tests.invoices.factories import make_invoice
from tests.notifications.mails import links_of, mails, write_all
from tests.payments.factories import make_paid

ADDRESS = "https://portal.example"
UNKNOWN = "UNKNOWN<%s>"
VALUES: dict[str, Any] = {
    "studio": "North", "client": "Acme", "first_name": "Alice", "id": "7", "invoice_id": "7",
    "question": "May we print?", "asker": "Ines", "due_date": "2026-11-20", "project": "Labels",
    "file_name": "label.pdf", "version": 3, "number": "INV-7", "invoice_number": "INV-7",
    "total": {"amount": 1050, "currency": "EUR"}, "amount": {"amount": 1050, "currency": "EUR"},
    "amount_due": {"amount": 1050, "currency": "EUR"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _public_address(settings: Any) -> None:
    settings.PUBLIC_URL = ADDRESS


@pytest.fixture(autouse=True)
def _unknown_variables_show(settings: Any) -> None:
    """Let a template that names an unknown variable write it out."""
    (engine,) = settings.TEMPLATES
    options = engine["OPTIONS"] | {"string_if_invalid": UNKNOWN}
    settings.TEMPLATES = [engine | {"OPTIONS": options}]


def contact(client: Client, name: str, **fields: Any) -> Membership:
    person = make_contact(client, name)
    with organization_scope(client.organization_id):
        Contact.objects.filter(user_id=person.user_id).update(**fields)
    return person


def receivers(row: Any) -> set[str]:
    return {mail.to_address for mail in mails(row)}


# -- whom ------------------------------------------------------------------------------------


def test_those_who_are_asked_get_the_question(
    staff: Membership, client_a: Client, alice: Membership, bob: Membership
) -> None:
    other = make_contact(client_a, "anna")
    file = make_shared_file(staff, client_a)
    make_approval(staff, file, [alice, other])
    make_contact(client_a, "not-asked")
    write_all(client_a)
    assert receivers(client_a) == {alice.user.email, other.user.email}


def test_an_invoice_goes_to_all_contacts_who_can_sign_in(
    client_a: Client, alice: Membership, bob: Membership, owner: Membership
) -> None:
    anna = make_contact(client_a, "anna")
    gone = make_contact(client_a, "gone")
    Membership.objects.filter(id=gone.id).update(is_active=False)
    contact(client_a, "deleted", deleted_at=clock.now())
    make_invoice(client_a)
    write_all(client_a)
    assert receivers(client_a) == {alice.user.email, anna.user.email}


def test_an_invoice_goes_to_the_billing_contacts_where_there_are_some(
    client_a: Client, alice: Membership
) -> None:
    books = contact(client_a, "books", is_billing=True)
    make_invoice(client_a)
    write_all(client_a)
    assert receivers(client_a) == {books.user.email}


def test_r84_a_payment_makes_one_receipt(client_a: Client, alice: Membership) -> None:
    make_paid(make_invoice(client_a))
    write_all(client_a)
    write_all(client_a)
    kinds = sorted(mail.kind for mail in mails(client_a))
    assert kinds == ["invoice.sent", "payment.succeeded"]


def test_nobody_to_tell_makes_no_mail(client_a: Client) -> None:
    make_invoice(client_a)
    write_all(client_a)
    assert mails(client_a) == []


def test_an_erased_event_makes_no_mail(client_a: Client, alice: Membership) -> None:
    make_invoice(client_a)
    events = events_of(client_a.organization)
    for event in events:
        event.body = None
    with organization_scope(client_a.organization_id):
        write_mails(events)
    assert mails(client_a) == []


def test_a_mail_stays_in_its_organization(
    client_a: Client, alice: Membership, mallory: Membership
) -> None:
    make_invoice(client_a)
    write_all(client_a)
    assert mails(mallory) == []


# -- what state ------------------------------------------------------------------------------


def test_r3_without_a_server_the_mail_is_kept(client_a: Client, alice: Membership) -> None:
    make_invoice(client_a)
    write_all(client_a)
    (mail,) = mails(client_a)
    assert (mail.state, mail.attempts, mail.sent_at) == ("kept", 0, None)


def test_with_a_server_the_mail_waits(client_a: Client, alice: Membership, settings: Any) -> None:
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    make_invoice(client_a)
    write_all(client_a)
    (mail,) = mails(client_a)
    assert mail.state == "pending"


def test_mails_of_the_demo_studio_are_never_sent(
    client_a: Client, alice: Membership, settings: Any
) -> None:
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    client_a.organization.is_demo = True
    client_a.organization.save(update_fields=["is_demo"])
    make_invoice(client_a)
    write_all(client_a)
    (mail,) = mails(client_a)
    assert mail.state == "kept"


def test_the_message_id_comes_from_the_event_and_the_address(
    client_a: Client, alice: Membership
) -> None:
    make_contact(client_a, "anna")
    make_invoice(client_a)
    write_all(client_a)
    first, second = mails(client_a)
    assert first.event_id == second.event_id
    assert first.message_id.startswith(f"<{first.event_id.hex}.")
    assert first.message_id.endswith("@portal.example>")
    assert first.message_id != second.message_id


def test_a_batch_costs_the_same_for_more_events(client_a: Client, alice: Membership) -> None:
    def queries(number: int) -> int:
        for _ in range(number):
            make_invoice(client_a)
        events = [e for e in events_of(client_a.organization) if e.kind == "invoice.sent"]
        with (
            organization_scope(client_a.organization_id),
            CaptureQueriesContext(connection) as all_,
        ):
            write_mails(events[-number:])
        return len(all_)

    assert queries(1) == queries(10) <= 9


# -- what it says ----------------------------------------------------------------------------


def test_the_consumer_reads_the_kinds_that_have_a_letter() -> None:
    (consumer,) = [one for one in CONSUMERS if one.name == "mail"]
    told = {kind for kind in (*KINDS, *ACCESS, *NOTICES) if kind in EVENT_KINDS}
    assert set(consumer.kinds) == told | {"audit.recorded"}  # which brings notices and links


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("missing", ["", "first_name", "project"])
def test_r125_a_mail_exists_as_html_and_text_without_unknown_variables(
    kind: str, missing: str
) -> None:
    words = write(kind, VALUES | ({missing: None} if missing else {}))
    for text in (words.subject, words.text, words.html):
        assert "UNKNOWN" not in text
        assert "{" + "{" not in text
    assert "{%" not in words.html + words.text
    assert "<" not in words.text
    assert words.text.startswith("North\n")


def test_an_unknown_variable_would_show() -> None:
    values = {name: value for name, value in VALUES.items() if name != "client"}
    assert "UNKNOWN<client>" in write("invoice.sent", values).text


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("approval.requested", "/#/approvals/7"),
        ("invoice.sent", "/#/invoices/7"),
        ("payment.succeeded", "/#/invoices/7"),
    ],
)
def test_r126_html_and_text_hold_the_same_link_as_button_and_as_address(
    kind: str, page: str
) -> None:
    words = write(kind, VALUES)
    assert links_of(words.html) == [ADDRESS + page, ADDRESS + page]
    assert f">{ADDRESS}{page}</a>" in words.html
    assert f"\n{ADDRESS}{page}\n" in words.text


def test_a_question_with_markup_is_escaped_in_html_and_left_in_text() -> None:
    question = '<script>alert("x")</script> & more\r\nBcc: eve@example.com'
    words = write("approval.requested", VALUES | {"question": question})
    assert "<script>" not in words.html
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more" in words.html
    assert '<script>alert("x")</script> & more' in words.text
    assert "\n" not in words.subject
    assert "\r" not in words.subject


def test_a_long_question_makes_a_subject_that_fits() -> None:
    subject = write("approval.requested", VALUES | {"question": "why " * 500}).subject
    assert len(subject) == 200
    assert subject.endswith("…")


def test_a_question_is_mailed_with_its_file_and_day(
    staff: Membership, client_a: Client, alice: Membership
) -> None:
    day = clock.today()
    file = make_shared_file(staff, client_a)
    approval = make_approval(staff, file, [alice], question="May we print?", due_date=day)
    write_all(client_a)
    (mail,) = mails(client_a)
    assert mail.subject == "Please decide: May we print?"
    assert f"{ADDRESS}/#/approvals/{approval.id}" in mail.text
    for words in (mail.text, mail.html):
        assert "Hello Alice," in words
        assert "Staff asks for your answer by" in words
        assert f"{day:%A} {day.day} {day:%B %Y}" in words
        assert f"{file.name}, version 1" in words
        assert "Acme" in words
        assert "UNKNOWN" not in words


def test_r77_the_amounts_of_a_mail_are_those_of_the_invoice(
    client_a: Client, alice: Membership
) -> None:
    invoice = make_invoice(client_a, 123_456)
    make_paid(invoice, 10_000)
    write_all(client_a)
    sent, receipt = mails(client_a)
    assert sent.subject == f"Invoice {invoice.number} from North"
    assert "€1,234.56" in sent.text
    assert "€1,234.56" in sent.html
    assert "€100.00" in receipt.text
    assert f"{ADDRESS}/#/invoices/{invoice.id}" in receipt.text
    assert "UNKNOWN" not in sent.html + receipt.html + sent.text + receipt.text


def test_mails_are_part_of_the_consumers_transaction(client_a: Client, alice: Membership) -> None:
    from apps.events.services import number_events

    make_invoice(client_a)
    with organization_scope(client_a.organization_id):
        number_events()
        assert Event.objects.filter(kind="invoice.sent").exists()
        assert not Mail.objects.exists()
