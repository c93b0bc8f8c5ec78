"""Workers die at named points and nothing is lost (acceptance 4, 24; S01, S15; 14.2)."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import redis
from django.conf import settings
from django.db import connection as database

from apps.clients.models import Client
from apps.connections.models import Attempt
from apps.core.tenancy import across_organizations, organization_scope
from apps.events.models import Event, Parked
from apps.integrations.models import Delivery
from apps.organizations.models import Organization
from tests.chaos.workers import Yard, comes_true, kill
from tests.conftest import needs_server
from tests.factories import make_client, make_organization
from tests.integrations.factories import hurry, make_endpoint, make_event
from tests.integrations.receiver import Receiver, receiver, status

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
NOWHERE = "redis://127.0.0.1:1/0"  # nothing listens there
RABBIT = "amqp://guest:guest@127.0.0.1:5672//"
CHANGES = 12


@pytest.fixture
def scene() -> Iterator[tuple[Organization, Client, Receiver]]:
    organization = make_organization("Chaos")
    client = make_client(organization)
    with receiver(status(200)) as peer:
        make_endpoint(organization, peer.url, events=("client.updated",))
        yield organization, client, peer


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Callable[..., Yard]]:
    made: list[Yard] = []

    def make(broker: str, pool: str = "threads") -> Yard:
        made.append(Yard(broker, tmp_path / "worker.log", pool))
        return made[-1]

    yield make
    with redis.Redis.from_url(redis_broker()) as server:
        for place in made:
            for name in server.scan_iter(f"*{place.prefix}*"):
                server.delete(name)


def redis_broker() -> str:
    return f"{settings.REDIS_URL.rstrip('/')}/0"


def states(organization: Organization) -> list[str]:
    with organization_scope(organization.id):
        return list(Delivery.objects.values_list("state", flat=True))


def all_delivered(organization: Organization, number: int) -> Callable[[], bool]:
    return lambda: states(organization) == ["delivered"] * number


def has_got(peer: Receiver, number: int) -> Callable[[], bool]:
    return lambda: len(set(peer.ids())) >= number


def in_no_time(organization: Organization, number: int) -> Callable[[], bool]:
    """The same when nobody waits for the schedule: some deliveries died with their worker twice."""

    def look() -> bool:
        hurry()
        return all_delivered(organization, number)()

    return look


def assert_nothing_is_lost(organization: Organization, peer: Receiver) -> None:
    """The invariants of 14.2 that concern deliveries."""
    with organization_scope(organization.id):
        events = set(Event.objects.filter(kind="client.updated").values_list("id", flat=True))
        delivered = set(
            Delivery.objects.filter(state="delivered").values_list("event_id", flat=True)
        )
        assert not Parked.objects.filter(consumer="deliver").exists()
        assert not Attempt.objects.filter(outcome="started").exists()
    assert delivered == events
    assert {UUID(name.removeprefix("msg_")) for name in peer.ids()} == events
    assert _leases_that_ended() == 0
    assert _lag("deliver") == 0


def _leases_that_ended() -> int:
    with across_organizations(), database.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM integrations_delivery"
            " WHERE state = 'in_flight' AND lease_until < statement_timestamp()"
        )
        return int(cursor.fetchone()[0])


def _lag(consumer: str) -> int:
    with across_organizations(), database.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(h.seq - c.seq), 0) FROM events_cursor c"
            " JOIN events_head h USING (organization_id) WHERE c.consumer = %s",
            [consumer],
        )
        return int(cursor.fetchone()[0])


# Where a worker dies, and the state in which it must leave a delivery behind ("" for any).
DEATHS = (
    ("deliver.after_claim=kill:1", "in_flight"),
    ("deliver.after_attempt_started=kill:3", "in_flight"),
    ("deliver.after_send_before_settle=kill:2", "in_flight"),
    ("deliver.after_settle_before_ack=kill:2", "delivered"),
    ("expand.after_lock=kill:1", ""),
    ("expand.after_insert_before_cursor=kill:3", ""),
    ("expand.before_commit=kill:4", ""),
    ("sweep.mid_batch=kill:2", ""),
)


def test_acceptance_24_workers_killed_at_each_failpoint_lose_nothing(
    scene: tuple[Organization, Client, Receiver], yard: Callable[..., Yard]
) -> None:
    organization, client, peer = scene
    place = yard(redis_broker())
    for failpoint, leaves in DEATHS:
        with place.worker(failpoint) as worker:
            place.act(client.id, CHANGES)
            assert worker.wait(30) == -9, failpoint
        assert not leaves or leaves in states(organization), failpoint
    total = CHANGES * len(DEATHS)
    with place.worker():
        assert comes_true(in_no_time(organization, total), 40), states(organization)
    assert_nothing_is_lost(organization, peer)
    assert len(peer.ids()) - len(set(peer.ids())) <= total // 4


def test_s15_acceptance_4_with_the_broker_away_a_webhook_arrives_within_three_seconds(
    scene: tuple[Organization, Client, Receiver], yard: Callable[..., Yard]
) -> None:
    organization, client, peer = scene
    place = yard(NOWHERE)
    with place.worker():
        place.act(client.id, 1)
        assert comes_true(has_got(peer, 1), 40), "the worker never began to sweep"
        for number in range(2, 5):
            make_event(organization, client)
            assert comes_true(has_got(peer, number), 3)
        assert comes_true(all_delivered(organization, 4), 3)
    assert_nothing_is_lost(organization, peer)


def test_s13_quorum_queues_and_three_kills_of_the_whole_worker_group(
    scene: tuple[Organization, Client, Receiver], yard: Callable[..., Yard]
) -> None:
    needs_server("RabbitMQ", _listens(5672))
    organization, client, peer = scene
    place = yard(RABBIT, "prefork")
    try:
        for round_number in range(1, 4):
            process = place.start("deliver.after_send_before_settle=sleep:0.05")
            try:
                place.act(client.id, 5)
                assert comes_true(has_got(peer, round_number * 5 - 4), 40)
            finally:
                kill(process)
        with place.worker():
            assert comes_true(all_delivered(organization, 15), 40), states(organization)
    finally:
        _drop_queue(place.prefix)
    assert_nothing_is_lost(organization, peer)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _drop_queue(name: str) -> None:
    from kombu import Connection, Queue

    with Connection(RABBIT) as link:
        Queue(name, channel=link.channel()).delete()
