"""Sending to a real mail server: once, again after a fault, and never silently lost (R100)."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core import clock
from apps.core.failpoints import FailpointHit
from apps.core.tenancy import organization_scope
from apps.events.services import expand
from apps.notifications import tasks
from apps.notifications.mail import mailer, send_all_due, sweep
from apps.notifications.mail.postman import postman
from apps.notifications.mail.sending import LEASE, claim, send_claimed, settle
from apps.notifications.models import Mail
from apps.notifications.providers import DEADLINE_SECONDS, Answer, Outcome
from tests.invoices.factories import make_invoice
from tests.notifications.mails import again, end_lease, mails, make_due, make_mail
from tests.notifications.sink import Sink, mail_server
from tests.payments.factories import failing_at


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with mail_server() as found:
        settings.SMTP_URL, settings.MAIL_FROM = found.url, "portal@north.example"
        yield found


def send() -> int:
    """Do what the thread does."""
    way = mailer()
    assert way is not None
    return send_all_due(way)


def test_r100_sent_means_that_the_server_took_it(sink: Sink, alice: Membership) -> None:
    mail = make_mail(alice)
    assert send() == 1
    row = again(mail)
    assert (row.state, row.attempts, row.lease_until) == ("sent", 1, None)
    assert row.sent_at is not None
    (message,) = sink.messages
    assert message["To"] == alice.user.email
    assert message["From"] == "North <portal@north.example>"
    assert message["Subject"] == mail.subject
    assert message["Message-ID"] == mail.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.iter_parts()
    assert text.get_content().split() == mail.text.split()
    assert html.get_content().strip() == mail.html
    assert send() == 0


def test_words_in_any_script_arrive_as_they_were(sink: Sink, alice: Membership) -> None:
    subject = "Rechnung für Åse: 東京: " + "sehr lang " * 14
    make_mail(alice, subject=subject.strip(), text="Grüße\n.\n.. 東京\n", html="<p>Grüße 東京</p>")
    send()
    (message,) = sink.messages
    assert message["Subject"] == subject.strip()
    text, html = message.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == "Grüße\n.\n.. 東京\n"
    assert "Grüße 東京" in html.get_content()


def test_a_line_break_in_a_subject_adds_no_header(sink: Sink, alice: Membership) -> None:
    make_mail(alice, subject="Invoice\r\nBcc: eve@example.com")
    send()
    (message,) = sink.messages
    assert message["Bcc"] is None


def test_a_refused_address_is_final(sink: Sink, alice: Membership) -> None:
    sink.answers[alice.user.email] = ["550 5.1.1 no such person"]
    mail = make_mail(alice)
    send()
    row = again(mail)
    assert (row.state, row.attempts, row.sent_at) == ("failed", 1, None)
    assert row.last_error == "550 5.1.1 no such person"
    assert sink.messages == []


def test_r100_three_retries_come_before_a_mail_fails(sink: Sink, alice: Membership) -> None:
    sink.answers[alice.user.email] = ["451 come back"] * 4
    mail = make_mail(alice)
    for wait in (30, 300, 1800):
        assert send() == 1
        row = again(mail)
        assert (row.state, row.last_error) == ("pending", "451 come back")
        ahead = (row.due_at - clock.now()).total_seconds()
        assert wait - 5 < ahead <= wait
        assert send() == 0
        make_due(mail)
    assert send() == 1
    row = again(mail)
    assert (row.state, row.attempts) == ("failed", 4)


def test_a_mail_that_was_put_off_arrives_at_the_next_attempt(sink: Sink, alice: Membership) -> None:
    sink.answers[alice.user.email] = ["451 come back"]
    mail = make_mail(alice)
    send()
    make_due(mail)
    send()
    row = again(mail)
    assert (row.state, row.attempts, row.last_error) == ("sent", 2, "")


def test_a_server_that_is_away_costs_one_mail_one_attempt(alice: Membership, settings: Any) -> None:
    with mail_server() as gone:
        settings.SMTP_URL = gone.url
    rows = [make_mail(alice), make_mail(alice)]
    assert send() == 1
    assert sorted(again(row).attempts for row in rows) == [0, 1]
    assert {again(row).state for row in rows} == {"pending"}


def test_a_connection_lost_after_the_text_is_tried_again_with_the_same_id(
    sink: Sink, alice: Membership
) -> None:
    sink.after_data = "drop"
    mail = make_mail(alice)
    send()
    assert again(mail).state == "pending"
    assert "lost" in again(mail).last_error
    sink.after_data = "250 OK"
    make_due(mail)
    send()
    assert again(mail).state == "sent"
    assert [message["Message-ID"] for message in sink.messages] == [mail.message_id] * 2


def test_a_text_that_is_refused_is_final(sink: Sink, alice: Membership) -> None:
    sink.after_data = "554 looks like spam"
    mail = make_mail(alice)
    send()
    assert again(mail).state == "failed"


# -- workers that die, and workers that meet -------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_r120_dead_after_sending_sends_again_with_the_same_message_id(
    sink: Sink, alice: Membership
) -> None:
    mail = make_mail(alice)
    with failing_at("mail.after_send_before_settle"), pytest.raises(FailpointHit):
        send()
    row = again(mail)
    assert (row.state, row.attempts) == ("pending", 1)
    assert send() == 0  # the lease still holds
    end_lease(mail)
    assert send() == 1
    row = again(mail)
    assert (row.state, row.attempts, row.lease_epoch) == ("sent", 2, 2)
    assert [message["Message-ID"] for message in sink.messages] == [mail.message_id] * 2


@pytest.mark.django_db(transaction=True)
def test_dead_after_the_claim_loses_nothing(sink: Sink, alice: Membership) -> None:
    mail = make_mail(alice)
    with failing_at("mail.after_claim"), pytest.raises(FailpointHit):
        send()
    end_lease(mail)
    send()
    assert again(mail).state == "sent"
    assert len(sink.messages) == 1


@pytest.mark.django_db(transaction=True)
def test_a_late_worker_settles_nothing(sink: Sink, alice: Membership) -> None:
    mail = make_mail(alice)
    late = claim()
    assert late is not None
    end_lease(mail)
    send()
    sent_at = again(mail).sent_at
    sink.answers[alice.user.email] = ["550 no"]
    way = mailer()
    assert way is not None
    send_claimed(late, way)
    row = again(mail)
    assert (row.state, row.sent_at, row.last_error) == ("sent", sent_at, "")


@pytest.mark.django_db(transaction=True)
def test_a_late_worker_settles_nothing_while_another_holds_the_mail(alice: Membership) -> None:
    mail = make_mail(alice)
    late = claim()
    end_lease(mail)
    holder = claim()
    assert late is not None
    assert holder is not None
    assert settle(late, Answer(Outcome.REFUSED, "550 no")) is False
    row = again(mail)
    assert (row.state, row.last_error, row.lease_epoch) == ("pending", "", holder.epoch)
    assert row.lease_until is not None
    assert settle(holder, Answer(Outcome.SENT)) is True
    assert again(mail).state == "sent"


@pytest.mark.django_db(transaction=True)
def test_the_last_attempt_of_a_dead_worker_ends_as_failed(sink: Sink, alice: Membership) -> None:
    mail = make_mail(alice, attempts=3)
    with failing_at("mail.after_claim"), pytest.raises(FailpointHit):
        send()
    end_lease(mail)
    assert send() == 0
    assert sweep() == 1
    row = again(mail)
    assert (row.state, row.attempts) == ("failed", 4)
    assert "stopped" in row.last_error


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_send_each_mail_once(sink: Sink, alice: Membership) -> None:
    rows = [make_mail(alice) for _ in range(10)]
    barrier = threading.Barrier(2)

    def work() -> None:
        barrier.wait(10)
        try:
            send()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {again(row).state for row in rows} == {"sent"}
    ids = [message["Message-ID"] for message in sink.messages]
    assert sorted(ids) == sorted(row.message_id for row in rows)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_inside_a_transaction(sink: Sink, alice: Membership) -> None:
    make_mail(alice)
    with organization_scope(alice.organization_id), pytest.raises(RuntimeError, match="durable"):
        send()
    assert sink.messages == []


# -- the whole way, and the sweep ------------------------------------------------------------


def rest() -> None:
    """Wait until the thread has ended."""
    thread = postman.thread
    if thread is not None:
        thread.join(30)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("wake", [sweep, tasks.send_mail])
def test_from_the_invoice_to_the_mailbox(
    sink: Sink, client_a: Client, alice: Membership, settings: Any, wake: Any
) -> None:
    settings.PUBLIC_URL = "https://portal.example"
    invoice = make_invoice(client_a)
    expand(client_a.organization_id)
    wake()
    rest()
    (message,) = sink.messages
    assert message["To"] == alice.user.email
    link = f"https://portal.example/#/invoices/{invoice.id}"
    text, html = message.iter_parts()
    assert link in text.get_content()
    assert link in html.get_content()


@pytest.mark.django_db(transaction=True)
def test_r3_without_a_server_nothing_is_tried_and_all_is_kept(
    client_a: Client, alice: Membership, settings: Any
) -> None:
    settings.SMTP_URL = ""
    left = make_mail(alice)  # written when a server was set
    make_invoice(client_a)
    expand(client_a.organization_id)
    assert sweep() == 1
    tasks.send_mail()
    rest()
    assert {mail.state for mail in mails(client_a)} == {"kept"}
    assert again(left).attempts == 0


@pytest.mark.django_db(transaction=True)
def test_the_sweep_sends_for_every_organization(
    sink: Sink, alice: Membership, mallory: Membership
) -> None:
    rows = [make_mail(alice), make_mail(mallory)]
    sweep()
    rest()
    assert {again(row).state for row in rows} == {"sent"}
    assert {message["From"] for message in sink.messages} == {
        "North <portal@north.example>", "South <portal@north.example>",
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_the_thread_does_not_end_the_sending(sink: Sink, alice: Membership) -> None:
    mail = make_mail(alice)
    with failing_at("mail.after_claim"), suppress(FailpointHit):
        sweep()
        rest()
    end_lease(mail)
    sweep()
    rest()
    assert again(mail).state == "sent"


def test_logs_hold_no_address_and_no_words(
    sink: Sink, alice: Membership, caplog: pytest.LogCaptureFixture
) -> None:
    sink.answers[alice.user.email] = [f"451 <{alice.user.email}> is full"]
    make_mail(alice)
    with caplog.at_level("DEBUG"):
        send()
    ours = [one for one in caplog.records if one.name == "portico"]  # the sink writes its own
    (record,) = [one for one in ours if one.getMessage() == "mail attempted"]
    said = " ".join(str(vars(one)) for one in ours)
    assert vars(record)["outcome"] == "later"
    assert alice.user.email not in said
    assert "Invoice 7" not in said


def test_a_mail_is_either_sent_with_a_time_or_has_none(alice: Membership) -> None:
    mail = make_mail(alice)
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        organization_scope(alice.organization_id),
    ):
        Mail.objects.filter(id=mail.id).update(state="sent", sent_at=None)


def test_the_lease_outlives_the_deadline() -> None:
    assert timedelta(seconds=DEADLINE_SECONDS) < LEASE
