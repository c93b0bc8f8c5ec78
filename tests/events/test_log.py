"""The log numbers at commit: no reader skips, nothing doubles, the chain proves it (R152, S01)."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event as Signal
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.clients.models import Client
from apps.core.models import revise
from apps.core.tenancy import organization_scope
from apps.events.models import Cursor, Event, Parked
from apps.events.outbox import publish
from apps.events.services import broken_events, sweep
from apps.organizations.models import Organization
from tests.conftest import events_of
from tests.factories import make_client, make_organization, system

WRITERS, CHANGES = 16, 12
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def change(client: Client, number: int) -> None:
    """Publish one event about a client of its own."""
    publish(
        system(client.organization), "client.updated", client,
        id=client.id, name=f"{number}", changed=["name"],
    )  # fmt: skip


class RolledBack(Exception):
    """Raised by a writer that changes its mind."""


def change_mind(chance: random.Random) -> None:
    if chance.random() < 0.2:
        raise RolledBack


def write(organization: Organization, seed: int) -> int:
    """Commit some transactions and roll others back; return how many events were committed."""
    chance, committed = random.Random(seed), 0
    try:
        for number in range(CHANGES):
            try:
                with organization_scope(organization.id):
                    client = Client.objects.create(organization=organization, name=f"{seed}")
                    change(client, number)
                    change_mind(chance)
                committed += 1
            except RolledBack:
                continue
        return committed
    finally:
        connection.close()


def read(organization_id: UUID, done: Signal, seen: list[int]) -> None:
    """Follow the log from a cursor until the writers are done and nothing is left."""
    last = 0
    try:
        while True:
            finished = done.is_set()
            with organization_scope(organization_id):
                rows = Event.objects.filter(organization_id=organization_id, seq__gt=last)
                found = list(rows.order_by("seq").values_list("seq", flat=True)[:50])
            seen.extend(number for number in found if number is not None)
            last = seen[-1] if seen else 0
            if finished and not found:
                return
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_r152_a_reader_gets_each_event_once_in_order_under_16_writers() -> None:
    """Acceptance 1 of integration.md, with rollbacks; S04."""
    organization = make_organization()
    done, seen = Signal(), list[int]()
    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(read, organization.id, done, seen)
        writers = [pool.submit(write, organization, seed) for seed in range(WRITERS)]
        committed = sum(writer.result() for writer in writers)
        done.set()
        reader.result()
    assert seen == list(range(1, committed + 1))
    assert list(broken_events(organization.id)) == []


def test_a_rolled_back_transaction_leaves_no_event(organization: Organization) -> None:
    """Acceptance 3 of integration.md: the event lives and dies with its change."""
    client = make_client(organization)

    def start_and_fail() -> None:
        with organization_scope(organization.id):
            change(client, 1)
            raise RolledBack

    with pytest.raises(RolledBack):
        start_and_fail()
    assert events_of(organization) == []


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_a_transaction_is_refused(organization: Organization) -> None:
    client = make_client(organization)
    with pytest.raises(transaction.TransactionManagementError):
        change(client, 1)


def test_a_kind_outside_the_list_is_refused(organization: Organization) -> None:
    client = make_client(organization)
    with pytest.raises(ValueError, match="not a kind"), organization_scope(organization.id):
        publish(system(organization), "client.painted", client)


def test_data_that_breaks_its_schema_is_refused(organization: Organization) -> None:
    client = make_client(organization)
    with pytest.raises(ValueError, match=r"client\.created"), organization_scope(organization.id):
        publish(system(organization), "client.created", client, id=client.id)


def test_two_events_of_one_aggregate_have_versions_of_their_own(organization: Organization) -> None:
    client = make_client(organization)
    with organization_scope(organization.id):
        revise(client, name="New")
        change(client, 1)
        change(client, 2)
    assert [event.aggregate_seq for event in events_of(organization)] == [2, 3]


# -- the chain ------------------------------------------------------------------------------


@pytest.fixture
def log(organization: Organization) -> Organization:
    """An organization with five numbered events."""
    with organization_scope(organization.id):
        for number in range(5):
            change(Client.objects.create(organization=organization, name="Acme"), number)
    assert len(events_of(organization)) == 5
    return organization


def tamper(organization: Organization, sql: str) -> None:
    with organization_scope(organization.id), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_chain_of_an_untouched_log_verifies(log: Organization) -> None:
    assert list(broken_events(log.id)) == []
    call_command("audit", "verify", "--organization", str(log.id))


@pytest.mark.parametrize(
    "change_sql",
    [
        "kind = 'client.archived'",
        "version = 2",
        "aggregate_type = 'x'",
        "aggregate_id = gen_random_uuid()",
        "aggregate_seq = 9",
        "actor_type = 'user'",
        "actor_id = gen_random_uuid()",
        "client_id = gen_random_uuid()",
        "user_ids = ARRAY[gen_random_uuid()]",
        "audience = 'client'",
        "occurred_at = occurred_at + interval '1 microsecond'",
        "request_id = gen_random_uuid()",
        "traceparent = 'x'",
        "causation_id = gen_random_uuid()",
        "body = body || ' '",
        "body_digest = sha256('x')",
        "hash = sha256('x')",
    ],
)
def test_a_change_of_any_column_breaks_the_chain(log: Organization, change_sql: str) -> None:
    """Acceptance 2 of integration.md; P22."""
    tamper(log, f"UPDATE events_event SET {change_sql} WHERE seq = 3")
    assert list(broken_events(log.id)) != []
    with pytest.raises(CommandError):
        call_command("audit", "verify", "--organization", str(log.id))


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_missing_row_breaks_the_chain(log: Organization, seq: int) -> None:
    tamper(log, f"DELETE FROM events_event WHERE seq = {seq}")
    assert list(broken_events(log.id)) != []


def test_the_chain_verifies_after_a_body_is_erased(log: Organization) -> None:
    tamper(log, "UPDATE events_event SET body = NULL WHERE seq = 3")
    assert list(broken_events(log.id)) == []


# -- consumers ------------------------------------------------------------------------------

handled: list[str] = []


def remember(events: list[Event]) -> None:
    handled.extend(event.kind for event in events)


def stumble(events: list[Event]) -> None:
    if any(event.seq == 2 for event in events):
        raise RuntimeError("cannot handle number 2")
    handled.extend(str(event.seq) for event in events)


@pytest.fixture
def consumer(settings: object, request: pytest.FixtureRequest) -> str:
    from apps.events.consumer import Consumer

    handled.clear()
    wanted = Consumer("probe", ("client.*",), f"tests.events.test_log.{request.param}")
    settings.EVENT_CONSUMERS = (wanted,)  # type: ignore[attr-defined]
    return "probe"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("consumer", ["remember"], indirect=True)
def test_a_consumer_reads_each_event_once(consumer: str) -> None:
    organization = make_organization()
    write(organization, 1)
    sweep()
    first = list(handled)
    sweep()
    assert first
    assert handled == first


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("consumer", ["stumble"], indirect=True)
def test_an_event_that_fails_five_times_is_parked_and_the_others_pass(consumer: str) -> None:
    """S18: a poison event is set aside after its tries and never stops the log."""
    organization = make_organization()
    with organization_scope(organization.id):
        for number in range(3):
            change(Client.objects.create(organization=organization, name="Acme"), number)
    for _attempt in range(9):
        with organization_scope(organization.id):
            Cursor.objects.filter(consumer=consumer).update(retry_at=LONG_AGO)
        sweep()
    with organization_scope(organization.id):
        assert [parked.error for parked in Parked.objects.all()] == [
            "RuntimeError('cannot handle number 2')"
        ]
        assert Cursor.objects.get(consumer=consumer).seq == 3
    assert handled == ["1", "3"]
