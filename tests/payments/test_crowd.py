"""Many at once: one charge, one effect (R81, R82; acceptance 18 and 22)."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from apps.accounts.models import Membership
from apps.core.tenancy import organization_scope
from apps.invoices.models import Invoice
from apps.payments import services
from apps.payments.models import Payment
from tests.conftest import access_token, api
from tests.factories import make_client, make_contact, make_organization
from tests.invoices.factories import make_invoice
from tests.payments.factories import (
    LOST_ANSWER,
    again,
    assert_sound,
    change,
    charges,
    make_payment,
    operation_of,
    submit,
)

AT_ONCE = 16


@pytest.fixture
def alice(transactional_db: None) -> Membership:
    return make_contact(make_client(make_organization("Crowd")), "alice")


@pytest.fixture
def invoice(alice: Membership) -> Invoice:
    from apps.clients.models import Client

    with organization_scope(alice.organization_id):
        client = Client.objects.get(id=alice.client_ids[0])
    return make_invoice(client)


def at_once(work: Callable[[int], Any], times: int, threads: int = AT_ONCE) -> list[Any]:
    """Run `work` in threads that start together, each with a connection of its own."""
    barrier = Barrier(threads)

    def begin(number: int) -> Any:
        if number < threads:
            barrier.wait()
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, range(times)))


def poster(person: Membership, invoice: Invoice) -> Callable[..., Any]:
    """Return a function that pays with one session and the key it is given."""
    token = access_token(person)
    place = f"/api/v1/invoices/{invoice.id}/payments"

    def post(key: str, **body: Any) -> Any:
        client = api(None)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client.post(place, {"provider": "fake"} | body, headers={"Idempotency-Key": key})

    return post


def payments_of(invoice: Invoice) -> list[Payment]:
    with organization_scope(invoice.organization_id):
        return list(Payment.objects.filter(invoice=invoice))


def test_acceptance_18_fifty_pay_requests_lead_to_one_charge(
    alice: Membership, invoice: Invoice
) -> None:
    post = poster(alice, invoice)

    def work(number: int) -> tuple[int, str]:
        response = post(str(uuid4()))
        if number % 5 == 0:
            services.sweep()  # workers run at the same time
        data = response.json().get("data") or {}
        return response.status_code, data.get("id", response.json().get("code"))

    answers = at_once(work, 50)
    services.sweep()
    assert len(charges()) == 1
    (payment,) = payments_of(invoice)
    assert payment.state == "succeeded"
    assert set(answers) <= {(202, str(payment.id)), (409, "CONFLICT")}
    assert again(invoice).status == "paid"
    assert_sound(alice.organization)


def test_r81_two_tabs_with_other_amounts_never_charge_twice_at_a_time(
    alice: Membership, invoice: Invoice
) -> None:
    post = poster(alice, invoice)
    amounts = [{"amount": 4000, "currency": "EUR"}, {"amount": 10_000, "currency": "EUR"}]
    answers = at_once(lambda n: post(str(uuid4()), amount=amounts[n]).status_code, 2, 2)
    assert 202 in answers
    services.sweep()
    assert len(charges()) == 1
    assert sum(payment.state == "succeeded" for payment in payments_of(invoice)) == 1
    assert_sound(alice.organization)


def test_acceptance_22_one_key_sixteen_times_has_one_effect(
    alice: Membership, invoice: Invoice
) -> None:
    post = poster(alice, invoice)
    bodies: list[dict[str, Any]] = [{}] * 15 + [{"card": LOST_ANSWER}]

    def work(number: int) -> tuple[int, str, bool]:
        response = post("one-key", **bodies[number])
        return (
            response.status_code,
            response.json().get("code", ""),
            response.get("Idempotent-Replayed") == "true",
        )

    answers = Counter(at_once(work, 16))
    assert set(answers) <= {
        (202, "", False),
        (202, "", True),
        (409, "IDEMPOTENCY_IN_PROGRESS", False),
        (422, "IDEMPOTENCY_MISMATCH", False),
    }
    assert answers[202, "", False] == 1
    assert len(payments_of(invoice)) == 1


def test_acceptance_22_a_key_whose_holder_died_is_taken_over(
    alice: Membership, invoice: Invoice
) -> None:
    """The first holder's record runs, its lease is over: the same request does the work."""
    post = poster(alice, invoice)
    first = post("k").json()["data"]["id"]
    _let_run("k", alice, lease="1 minute")
    waiting = post("k")
    assert (waiting.status_code, waiting["Retry-After"]) == (409, "1")
    _let_run("k", alice, lease="-1 second")
    assert post("k", card=LOST_ANSWER).json()["code"] == "IDEMPOTENCY_MISMATCH"
    taken = post("k")
    assert taken.status_code == 202
    assert taken.json()["data"]["id"] == first
    assert len(payments_of(invoice)) == 1


def test_of_many_workers_one_submits_and_one_looks_up(alice: Membership, invoice: Invoice) -> None:
    payment = make_payment(invoice)
    at_once(lambda _n: submit(payment), 8, 8)
    assert operation_of(payment).attempts == 1
    change(
        operation_of(payment), state="unknown", settled_at=None, due_at="2020-01-01T00:00:00Z"
    )  # as if the answer had been lost: the gateway has the charge
    with organization_scope(payment.organization_id):
        Payment.objects.filter(id=payment.id).update(state="new")
    operation = operation_of(payment)
    at_once(lambda _n: services.look_up(payment.organization_id, operation.id), 8, 8)
    assert operation_of(payment).lookups == operation.lookups + 1
    assert len(charges()) == 1


def _let_run(key: str, person: Membership, *, lease: str) -> None:
    """Put the record of a key back to where its holder was killed before it stored an answer."""
    with organization_scope(person.organization_id), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events_idempotency SET state = 'running', status = NULL, body = NULL,"
            " locked_until = clock_timestamp() + %s::interval WHERE key = %s",
            [lease, key],
        )
        assert cursor.rowcount == 1
