"""Claim, lease and fence on real transactions (acceptance 6, 7, 8, 10; section 5.2 and 5.3)."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db import connections, transaction

from apps.connections.http import Answer, Outcome
from apps.connections.models import Attempt, Connection
from apps.core import clock
from apps.core.tenancy import across_organizations, organization_scope
from apps.events.models import Event
from apps.integrations import policy
from apps.integrations.models import Delivery
from apps.integrations.services import (
    Claimed,
    claim,
    create_deliveries,
    expire_leases,
    release_backlog,
    send_all_due,
    senders,
    sweep,
)
from apps.integrations.services.settling import settle
from apps.organizations.models import Organization
from tests.factories import make_client, make_organization
from tests.integrations.factories import (
    end_leases,
    hurry,
    latest,
    make_deliveries,
    make_delivery,
    make_endpoint,
    make_event,
    seen,
    stored,
)
from tests.integrations.receiver import hang, receiver, status

OK = Answer(Outcome.OK, status=200)
FAILED = Answer(Outcome.RETRYABLE, status=500, error="status 500")


def in_flight() -> Counter[Any]:
    """Count what is in flight by connection, as another session sees it."""
    with across_organizations(), database.cursor() as cursor:
        cursor.execute(
            "SELECT connection_id, count(*) FROM integrations_delivery"
            " WHERE state = 'in_flight' GROUP BY 1"
        )
        return Counter(dict(cursor.fetchall()))


def work(steps: list[Any]) -> list[Any]:
    """Run the steps at once, each in a thread with a database connection of its own."""
    barrier = threading.Barrier(len(steps))

    def run(step: Any) -> Any:
        try:
            barrier.wait(10)
            return step()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(steps)) as pool:
        return [future.result(60) for future in [pool.submit(run, step) for step in steps]]


@pytest.mark.django_db(transaction=True)
def test_acceptance_6_four_claimers_share_the_work_and_no_bulkhead_leaks() -> None:
    organization = make_organization("Claims")
    client = make_client(organization)
    for _ in range(5):
        make_endpoint(organization)
    events = [make_event(organization, client) for _ in range(40)]
    assert len(make_deliveries(organization, *events)) == 200
    race = Race(200)
    work([race.claimer] * 4 + [race.sampler])
    assert race.breaches == []
    assert len(race.taken) == len({(one.id, one.epoch) for one in race.taken}) == 200
    with organization_scope(organization.id):
        assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
        assert Attempt.objects.filter(outcome="ok").count() == 200


class Race:
    """Claimers that settle what they take until `total` are taken, and a sampler beside them."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.taken: list[Claimed] = []
        self.breaches: list[Counter[Any]] = []
        self.lock = threading.Lock()
        self.finished = threading.Event()

    def claimer(self) -> None:
        while not self.finished.wait(0.001):
            claimed = claim(8)
            with self.lock:
                self.taken.extend(claimed)
                done = len(self.taken) >= self.total
            for one in claimed:
                assert settle(one, OK)
            if done:
                self.finished.set()

    def sampler(self) -> None:
        while not self.finished.is_set():
            found = in_flight()
            if any(number > 4 for number in found.values()):
                self.breaches.append(found)


@pytest.mark.django_db(transaction=True)
def test_acceptance_6_an_organization_leaves_three_quarters_to_the_others(settings: Any) -> None:
    settings.DELIVERY_SLOTS = 16
    big, small = make_organization("Big"), make_organization("Small")
    for organization, endpoints, events in ((big, 5, 3), (small, 1, 12)):
        for _ in range(endpoints):
            endpoint = make_endpoint(organization)
        for _ in range(events):
            make_deliveries(organization, make_event(organization))
    held: Counter[Any] = Counter()
    for claimed in [*work([lambda: claim(16)] * 4), claim(16)]:
        held.update(one.organization_id for one in claimed)
    assert held == {big.id: 4, small.id: 4}
    with organization_scope(small.id):
        Delivery.objects.filter(connection=endpoint).update(state="cancelled", lease_until=None)
    assert len(claim(16)) == 11, "alone, an organization may use every slot"


@pytest.mark.django_db(transaction=True)
def test_acceptance_7_a_worker_that_lost_its_lease_cannot_settle() -> None:
    organization = make_organization("Fence")
    endpoint = make_endpoint(organization)
    delivery = make_delivery(endpoint)
    (slow,) = claim(1)
    assert claim(1) == []
    end_leases()
    assert expire_leases() == 1
    assert seen(delivery).state == "retry_wait"
    hurry()
    (fast,) = claim(1)
    assert (fast.epoch, fast.attempt) == (slow.epoch + 1, 2)
    assert settle(slow, FAILED) is False
    assert settle(fast, OK) is True
    assert settle(slow, OK) is False
    with organization_scope(organization.id):
        outcomes = Attempt.objects.order_by("epoch").values_list("outcome", flat=True)
        assert list(outcomes) == ["unknown", "ok"]
    assert (seen(delivery).state, seen(delivery).attempts) == ("delivered", 2)
    assert expire_leases() == 0


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_ends_in_the_tenth_attempt_is_a_dead_letter() -> None:
    organization = make_organization("Last")
    delivery = make_delivery(make_endpoint(organization), attempts=9)
    assert claim(1)[0].attempt == 10
    end_leases()
    assert expire_leases() == 1
    assert seen(delivery).state == "dead"
    assert len(latest(organization, "delivery.dead")) == 1


def test_acceptance_8_an_ordered_endpoint_gets_each_lane_in_order(
    organization: Organization,
) -> None:
    """S21: a failing event holds only its own object."""
    endpoint = make_endpoint(organization, ordered=True, max_in_flight=10)
    stuck, free = make_client(organization, "Stuck"), make_client(organization, "Free")
    events = [make_event(organization, c) for c in (stuck, stuck, free, free)]
    rows = {row.event_id: row for row in make_deliveries(organization, *events)}
    first = {one.id for one in claim(10)}
    assert first == {rows[events[0].id].id, rows[events[2].id].id}
    assert claim(10) == []
    with organization_scope(organization.id):
        claimed = {
            row.id: Claimed(row.id, row.organization_id, endpoint.id, row.lease_epoch, 1)
            for row in Delivery.objects.filter(id__in=first)
        }
    settle(claimed[rows[events[0].id].id], FAILED)
    settle(claimed[rows[events[2].id].id], OK)
    (following,) = claim(10)
    assert following.id == rows[events[3].id].id
    hurry()
    (again,) = claim(10)
    assert again.id == rows[events[0].id].id
    settle(again, Answer(Outcome.PERMANENT, status=404))
    (unblocked,) = claim(10)
    assert unblocked.id == rows[events[1].id].id, "a dead head does not block its lane"


def test_an_endpoint_without_order_gets_all_at_once(organization: Organization) -> None:
    make_endpoint(organization)
    client = make_client(organization)
    make_deliveries(organization, *[make_event(organization, client) for _ in range(6)])
    assert len(claim(10)) == 4, "four in flight for a connection"


def fail(endpoint: Connection, times: int, answer: Answer = FAILED) -> None:
    for _ in range(times):
        make_delivery(endpoint)
        (claimed,) = claim(1)
        settle(claimed, answer)


def test_acceptance_10_the_breaker_opens_at_twenty_calls_and_lets_three_through(
    organization: Organization,
) -> None:
    endpoint = make_endpoint(organization, max_in_flight=10)
    fail(endpoint, 10, OK)
    fail(endpoint, 9)
    assert stored(endpoint).breaker == "closed"
    fail(endpoint, 1)
    opened = stored(endpoint)
    assert (opened.breaker, opened.breaker_streak) == ("open", 1)
    assert len(latest(organization, "connection.breaker_opened")) == 1
    waiting = [make_delivery(endpoint) for _ in range(8)]
    assert claim(10) == []
    _let_time_pass(endpoint)
    permits = claim(10)
    assert len(permits) == 3
    assert claim(10) == []
    settle(permits[0], OK)
    assert claim(10) == [], "a permit is used once"
    settle(permits[1], OK)
    settle(permits[2], Answer(Outcome.PERMANENT, status=404))
    assert stored(endpoint).breaker == "closed"
    assert len(latest(organization, "connection.breaker_closed")) == 1
    assert len(claim(20)) >= len(waiting) - 3


def test_one_failure_half_open_opens_again_for_twice_as_long(organization: Organization) -> None:
    endpoint = make_endpoint(organization)
    with organization_scope(organization.id):
        Connection.objects.filter(id=endpoint.id).update(
            breaker="open", breaker_streak=1, breaker_until=clock.now() - timedelta(seconds=1)
        )
    fail(endpoint, 1)
    again = stored(endpoint)
    assert (again.breaker, again.breaker_streak) == ("open", 2)
    assert again.breaker_until is not None
    assert 58 < (again.breaker_until - clock.now()).total_seconds() < 61
    assert [policy.open_seconds(n) for n in (1, 2, 3, 4, 5, 99)] == [30, 60, 120, 240, 300, 300]


def test_a_permit_that_died_with_its_worker_does_not_stop_the_connection(
    organization: Organization,
) -> None:
    endpoint = make_endpoint(organization)
    with organization_scope(organization.id):
        Connection.objects.filter(id=endpoint.id).update(
            breaker="open", breaker_streak=1, breaker_until=clock.now() - timedelta(seconds=1)
        )
    for _ in range(4):
        make_delivery(endpoint)
    assert len(claim(10)) == 3
    end_leases()
    assert expire_leases() == 3
    hurry()
    assert len(claim(10)) == 3


@pytest.mark.parametrize(
    "answer", [Answer(Outcome.RETRYABLE, status=429), Answer(Outcome.PERMANENT, status=404)]
)
def test_the_breaker_does_not_count_429_and_4xx(organization: Organization, answer: Answer) -> None:
    endpoint = make_endpoint(organization)
    fail(endpoint, 25, answer)
    assert stored(endpoint).breaker == "closed"


def _let_time_pass(endpoint: Connection) -> None:
    with organization_scope(endpoint.organization_id):
        Connection.objects.filter(id=endpoint.id).update(
            breaker_until=clock.now() - timedelta(seconds=1)
        )


def test_a_full_line_holds_new_deliveries_until_it_is_short(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "BACKLOG", 4)
    endpoint = make_endpoint(organization)
    states = [make_delivery(endpoint).state for _ in range(7)]
    assert states == ["pending"] * 5 + ["held"] * 2
    for one in claim(10):
        settle(one, OK)
    assert release_backlog() == 2
    assert len(claim(10)) == 3


@pytest.mark.django_db(transaction=True)
def test_acceptance_3_a_rolled_back_event_leaves_nothing(
    django_capture_on_commit_callbacks: Any,
) -> None:
    organization = make_organization("Undone")
    make_endpoint(organization, events=("*",))

    def undone() -> None:
        with organization_scope(organization.id):
            create_deliveries([make_event(organization)])
            raise RuntimeError("undo")

    with django_capture_on_commit_callbacks() as hints, pytest.raises(RuntimeError):
        undone()
    assert hints == []
    with organization_scope(organization.id):
        assert not Delivery.objects.exists()
        assert not Event.objects.filter(kind="client.updated").exists()
        assert set(Event.objects.values_list("kind", flat=True)) <= {"connection.created"}


@pytest.fixture
def own_senders(settings: Any) -> Iterator[None]:
    """Let the process's sender threads end soon, so that they leave the test database."""
    from apps.integrations.services import sending

    before, sending.IDLE_SECONDS = sending.IDLE_SECONDS, 0.05
    yield
    limit = clock.now() + timedelta(seconds=20)
    while senders.threads and clock.now() < limit:
        threading.Event().wait(0.01)
    sending.IDLE_SECONDS = before
    assert senders.threads == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("own_senders")
def test_r160_one_hanging_receiver_does_not_delay_another() -> None:
    slow_home, quick_home = make_organization("Slow"), make_organization("Quick")
    with receiver(hang) as slow, receiver(status(200)) as quick:
        make_endpoint(slow_home, slow.url)
        make_endpoint(quick_home, quick.url)
        for organization in (slow_home, quick_home):
            make_deliveries(organization, *[make_event(organization) for _ in range(12)])
        began = clock.now()
        sweep()
        assert _comes_true(lambda: len(quick.got) == 12, seconds=5)
        assert clock.now() - began < timedelta(seconds=5)
        assert 1 <= len(slow.got) <= 4
        slow.stopped.set()
    assert slow.most_together <= 4
    assert quick.most_together <= 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("own_senders")
def test_a_sender_that_has_finished_claims_the_next_by_itself() -> None:
    organization = make_organization("Chain")
    with receiver(status(200)) as peer:
        make_endpoint(organization, peer.url)
        make_deliveries(organization, *[make_event(organization) for _ in range(30)])
        senders.wake()
        assert _comes_true(lambda: len(peer.got) == 30, seconds=10)
    assert len(set(peer.ids())) == 30


def _comes_true(condition: Any, seconds: float) -> bool:
    ends = clock.now() + timedelta(seconds=seconds)
    while clock.now() < ends:
        if condition():
            return True
        threading.Event().wait(0.01)
    return bool(condition())


@pytest.mark.django_db(transaction=True)
def test_the_network_is_refused_inside_a_transaction() -> None:
    organization = make_organization("Nested")
    make_delivery(make_endpoint(organization))
    with pytest.raises(RuntimeError), transaction.atomic():
        send_all_due(1)


def test_the_gauges_read_the_tables(organization: Organization) -> None:
    from apps.core.metrics import exposition

    endpoint = make_endpoint(organization)
    make_delivery(endpoint)
    make_delivery(endpoint, "dead")
    text = exposition().decode()
    assert 'portico_deliveries{kind="webhook",state="pending"} 1.0' in text
    assert 'portico_deliveries{kind="webhook",state="dead"} 1.0' in text
    assert 'portico_queue_age_seconds{queue="deliver"}' in text
    for name in ("attempts", "leases_expired", "settles_fenced", "connections_disabled"):
        assert f"portico_{name}_total" in text
