"""What nobody knows is asked, never guessed (B06, R83; acceptance 20)."""

from datetime import timedelta

import pytest
from django.db import connection

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.connections.models import Attempt
from apps.core import clock
from apps.core.failpoints import FailpointHit
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from apps.payments import services
from apps.payments.models import Payment
from apps.payments.providers import NotSent, Result, Status, Unsure
from apps.payments.providers.fake import FakeProvider
from apps.payments.services.operations import mark_unknown
from tests.conftest import api
from tests.invoices.factories import make_invoice
from tests.payments.factories import (
    DELAY,
    LOST_ANSWER,
    LOST_REQUEST,
    UNREACHABLE,
    again,
    assert_sound,
    change,
    charges,
    failing_at,
    make_paid,
    make_payment,
    operation_of,
    payment_events,
    submit,
)


def status_of(person: Membership, payment: Payment) -> str:
    return str(api(person).get(f"/api/v1/payments/{payment.id}").json()["data"]["status"])


def end_lease(payment: Payment) -> None:
    with organization_scope(payment.organization_id), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE payments_operation SET lease_until = now() - interval '1 second'"
            " WHERE payment_id = %s AND lease_until IS NOT NULL",
            [payment.id],
        )


def attempts(payment: Payment) -> list[str]:
    with organization_scope(payment.organization_id):
        rows = Attempt.objects.filter(operation_id=operation_of(payment).id)
        return list(rows.order_by("epoch").values_list("outcome", flat=True))


def test_r83_an_answer_that_was_lost_is_unknown_and_then_found(
    alice: Membership, client_a: Client, organization: Organization
) -> None:
    payment = make_payment(make_invoice(client_a), LOST_ANSWER)
    submit(payment)
    assert status_of(alice, payment) == "unknown"
    assert again(payment.invoice).status == "sent"
    assert attempts(payment) == ["unknown"]
    assert payment_events(alice)[-1] == "payment.unknown"
    with clock.moved(timedelta(seconds=29)):
        assert services.sweep() == 0
    with clock.moved(timedelta(seconds=31)):
        services.sweep()
    assert status_of(alice, payment) == "succeeded"
    assert len(charges()) == 1
    assert_sound(organization)


def test_a_request_that_was_lost_is_repeated_with_its_key(
    alice: Membership, client_a: Client, organization: Organization
) -> None:
    payment = make_payment(make_invoice(client_a), LOST_REQUEST)
    submit(payment)
    assert (status_of(alice, payment), charges()) == ("unknown", [])
    with clock.moved(timedelta(seconds=31)):
        services.sweep()
    assert status_of(alice, payment) == "succeeded"
    assert [charge.key for charge in charges()] == [operation_of(payment).idempotency_key]
    assert attempts(payment) == ["unknown", "ok"]
    assert_sound(organization)


def test_a_repeat_that_does_not_leave_the_house_keeps_the_doubt(
    alice: Membership, client_a: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first call may still arrive: the payment must not fail or be replaced meanwhile."""
    payment = make_payment(make_invoice(client_a), LOST_REQUEST)
    submit(payment)
    with monkeypatch.context() as patch, clock.moved(timedelta(seconds=31)):
        patch.setattr(FakeProvider, "create", unreachable)
        services.sweep()
    assert operation_of(payment).state == "unknown"
    assert attempts(payment) == ["unknown", "retryable"]
    assert operation_of(payment).lookups == 1
    with clock.moved(timedelta(minutes=3)):
        services.sweep()
    assert status_of(alice, payment) == "succeeded"


def unreachable(*_arguments: object) -> None:
    raise NotSent("no route")


def test_acceptance_20_after_the_window_nothing_is_repeated(
    alice: Membership, owner: Membership, client_a: Client, organization: Organization
) -> None:
    payment = make_payment(make_invoice(client_a), LOST_REQUEST)
    submit(payment)
    with clock.moved(timedelta(hours=24)):
        services.sweep()
        assert operation_of(payment).state == "manual"
        services.sweep()
    assert charges() == []
    assert status_of(alice, payment) == "unknown"
    assert_sound(organization)


@pytest.mark.parametrize("place", ["pay.after_sent_committed", "pay.after_response_before_settle"])
def test_b06_a_killed_worker_leaves_a_lease_that_the_sweep_ends(
    alice: Membership, client_a: Client, organization: Organization, place: str
) -> None:
    """Before the call nothing was charged, after it once; both end in one charge."""
    payment = make_payment(make_invoice(client_a))
    with failing_at(place), pytest.raises(FailpointHit):
        submit(payment)
    assert operation_of(payment).state == "sent"
    assert services.sweep() == 0
    end_lease(payment)
    services.sweep()
    assert status_of(alice, payment) == "unknown"
    with clock.moved(timedelta(seconds=31)):
        services.sweep()
    assert status_of(alice, payment) == "succeeded"
    assert len(charges()) == 1
    assert again(payment.invoice).status == "paid"
    assert_sound(organization)


@pytest.mark.parametrize("place", ["janitor.after_lookup", "janitor.before_repeat"])
def test_a_killed_janitor_looks_again(
    alice: Membership, client_a: Client, organization: Organization, place: str
) -> None:
    card = LOST_ANSWER if place == "janitor.after_lookup" else LOST_REQUEST
    payment = make_payment(make_invoice(client_a), card)
    submit(payment)
    with clock.moved(timedelta(seconds=31)), failing_at(place):
        services.sweep()
    assert status_of(alice, payment) == "unknown"
    with clock.moved(timedelta(minutes=3)):
        services.sweep()
    assert status_of(alice, payment) == "succeeded"
    assert len(charges()) == 1
    assert_sound(organization)


def test_a_settle_that_breaks_leaves_nothing_half_done(
    client_a: Client, organization: Organization
) -> None:
    payment = make_payment(make_invoice(client_a))
    with failing_at("pay.in_settle_after_ledger"), pytest.raises(FailpointHit):
        submit(payment)
    assert again(payment).captured == 0
    assert again(payment.invoice).status == "sent"
    assert_sound(organization)


def test_a_holder_whose_lease_was_taken_cannot_guess_but_can_tell_facts(
    alice: Membership, client_a: Client, organization: Organization
) -> None:
    payment = make_payment(make_invoice(client_a), LOST_ANSWER)
    operation = operation_of(payment)
    change(operation, state="sent", first_sent_at=clock.now(), lease_epoch=7)
    assert mark_unknown(organization.id, operation.id, 6, "too late") is False
    assert operation_of(payment).state == "sent"
    fact = Result(Status.SUCCEEDED, Money(10_000, "EUR"), "fake_1", "card")
    services.settle(organization.id, operation.id, fact)
    assert status_of(alice, payment) == "succeeded"


def test_r83_the_janitor_asks_at_growing_times_and_then_a_person_decides(
    client_a: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """30 s, 2 min, 10 min, 1 h, 6 h, then daily 7 times, then MANUAL."""
    payment = make_payment(make_invoice(client_a), LOST_ANSWER)
    submit(payment)
    start, looks, waits = clock.now(), operation_of(payment).due_at, []
    monkeypatch.setattr(FakeProvider, "fetch", deaf)
    for _ in range(12):
        with clock.moved(looks - start + timedelta(seconds=1)):
            services.sweep()
        later = operation_of(payment).due_at
        waits.append(round((later - looks).total_seconds() / 60))
        looks = later
    assert waits[:11] == [2, 10, 60, 360, *[1440] * 7]
    assert operation_of(payment).state == "manual"


def deaf(*_arguments: object) -> None:
    raise Unsure("no answer")


def test_a_gateway_that_cannot_be_reached_is_tried_again_and_then_given_up(
    alice: Membership, client_a: Client, organization: Organization
) -> None:
    payment = make_payment(make_invoice(client_a), UNREACHABLE)
    submit(payment)
    assert operation_of(payment).state == "recorded"
    assert status_of(alice, payment) == "created"
    for turn in range(1, 20):
        with clock.moved(timedelta(seconds=turn * 6)):
            services.sweep()
    assert status_of(alice, payment) == "failed"
    assert again(payment).decline_code == "provider_unreachable"
    assert set(attempts(payment)) == {"retryable"}
    assert_sound(organization)


def test_a_hint_that_comes_twice_or_late_sends_nothing(client_a: Client) -> None:
    slow = make_payment(make_invoice(client_a), DELAY)
    done = make_payment(make_invoice(client_a))
    for payment in (slow, done, slow, done):
        submit(payment)
    assert (operation_of(slow).state, operation_of(done).state) == ("sent", "succeeded")
    assert [operation_of(payment).attempts for payment in (slow, done)] == [1, 1]
    assert attempts(done) == ["ok"]


def test_an_operation_of_a_missing_provider_waits_and_holds_up_no_other(
    client_a: Client, organization: Organization
) -> None:
    stuck, other = make_payment(make_invoice(client_a)), make_payment(make_invoice(client_a))
    with organization_scope(organization.id):
        Payment.objects.filter(id=stuck.id).update(provider="gone")
    services.sweep()
    assert operation_of(stuck).state == "recorded"
    assert operation_of(other).state == "succeeded"


def test_a_step_that_breaks_does_not_stop_the_sweep(client_a: Client) -> None:
    broken, other = make_payment(make_invoice(client_a)), make_payment(make_invoice(client_a))
    with failing_at("pay.after_response_before_settle"):
        services.sweep()
    assert operation_of(broken).state == "sent"
    assert operation_of(other).state == "succeeded"


def test_a_later_answer_does_not_change_a_final_state(
    owner: Membership, client_a: Client, organization: Organization
) -> None:
    payment = make_paid(make_invoice(client_a))
    operation = operation_of(payment)
    refused = Result(Status.DECLINED, Money(10_000, "EUR"), "fake_1", "card", "stolen")
    services.settle(organization.id, operation.id, refused)
    assert status_of(owner, payment) == "succeeded"
    assert payment_events(owner)[-1] == "payment.mismatch"
    same = Result(Status.SUCCEEDED, Money(10_000, "EUR"), "fake_1", "card")
    services.settle(organization.id, operation.id, same)
    assert payment_events(owner)[-1] == "payment.mismatch"
    assert_sound(organization)


def test_an_answer_about_another_amount_posts_nothing(
    owner: Membership, client_a: Client, organization: Organization
) -> None:
    payment = make_payment(make_invoice(client_a, 500))
    operation = operation_of(payment)
    change(operation, state="sent", first_sent_at=clock.now(), lease_epoch=1)
    other = Result(Status.SUCCEEDED, Money(499, "EUR"), "fake_1", "card")
    services.settle(organization.id, operation.id, other)
    assert status_of(owner, payment) == "unknown"
    assert operation_of(payment).state == "manual"
    assert payment_events(owner)[-1] == "payment.mismatch"
    assert_sound(organization)
