"""Who is told what of an event (P83, R120)."""

from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.actors import Actor
from apps.core.ids import uuid7
from apps.core.tenancy import organization_scope
from apps.events.kinds import KINDS
from apps.events.models import Event
from apps.events.outbox import publish
from apps.notifications.models import Notification
from apps.notifications.services import concerns, notify
from apps.notifications.words import WORDS, words_for
from tests.conftest import events_of
from tests.messaging.factories import make_conversation, make_message

SAMPLES: dict[str, Any] = {
    "id": str(uuid7()), "text": "word", "texts": ["word"], "integer": 3, "boolean": True,
    "money": {"amount": 1050, "currency": "EUR"}, "time": "2026-11-24T10:00:00.000Z",
    "date": "2026-12-01", "ids": [str(uuid7())],
}  # fmt: skip


def happen(client: Client, actor: Actor, audience: str) -> UUID:
    """Publish that something happened to `client`, of which the words matter little here."""
    with organization_scope(client.organization_id):
        return publish(
            actor, "file.quarantined", client, audience=audience, id=client.id, name="a.exe",
            reason="virus", version=1,
        )  # fmt: skip


def told(client: Client) -> dict[UUID, int]:
    """Run the consumer over everything and return how many rows each person has."""
    events = events_of(client.organization)
    with organization_scope(client.organization_id):
        notify(events)
        rows = Notification.objects.values_list("user_id", flat=True)
        found = list(rows)
    return {user: found.count(user) for user in found}


@pytest.mark.parametrize(
    ("audience", "people"),
    [
        ("client", {"owner", "staff", "accountant", "alice"}),
        ("staff", {"owner", "staff", "accountant"}),
        ("system", {"owner"}),
    ],
)
def test_p83_an_event_is_told_to_whom_it_concerns(
    audience: str, people: set[str], client_a: Client, cast: dict[str, Membership]
) -> None:
    happen(client_a, Actor.system(client_a.organization_id), audience)
    assert told(client_a) == {cast[name].user_id: 1 for name in people}


def test_r120_nobody_is_told_of_his_own_action(
    client_a: Client, staff: Membership, alice: Membership, owner: Membership
) -> None:
    happen(client_a, alice.actor(), "client")
    assert set(told(client_a)) == {staff.user_id, owner.user_id}


def test_the_accountant_hears_of_money_only(client_a: Client, accountant: Membership) -> None:
    system = Actor.system(client_a.organization_id)
    with organization_scope(client_a.organization_id):
        publish(
            system, "file.quarantined", _connection_of(client_a), id=client_a.id, name="a.exe",
            reason="virus", version=1,
        )  # fmt: skip
    assert told(client_a) == {}


def _connection_of(client: Client) -> Any:
    from apps.connections.models import Connection

    return Connection.objects.create(
        organization_id=client.organization_id, kind="webhook", name="Shop"
    )


def test_a_message_is_told_to_the_other_participants(
    client_a: Client, staff: Membership, alice: Membership, owner: Membership
) -> None:
    make_message(make_conversation(staff, alice), alice, "Private words")
    assert told(client_a) == {staff.user_id: 1}
    with organization_scope(client_a.organization_id):
        row = Notification.objects.get()
    assert row.title == "New message from Alice Tester"
    assert row.link.startswith("/conversations/")
    assert "Private" not in row.title + row.body


def test_r120_an_event_told_again_makes_no_second_row(client_a: Client, alice: Membership) -> None:
    happen(client_a, Actor.system(client_a.organization_id), "client")
    told(client_a)
    assert told(client_a) == {alice.user_id: 1}
    kinds = [event.kind for event in events_of(client_a.organization)]
    assert kinds.count("notification.created") == 1


def test_a_notification_is_announced_to_its_person_alone(
    client_a: Client, alice: Membership
) -> None:
    cause = happen(client_a, Actor.system(client_a.organization_id), "client")
    told(client_a)
    event = events_of(client_a.organization)[-1]
    assert (event.kind, event.audience, event.user_ids) == (
        "notification.created", "user", [alice.user_id],
    )  # fmt: skip
    assert event.causation_id == cause


def test_who_has_left_is_told_nothing(client_a: Client, alice: Membership) -> None:
    Membership.objects.filter(id=alice.id).update(is_active=False)
    happen(client_a, Actor.system(client_a.organization_id), "client")
    assert told(client_a) == {}


def test_a_batch_is_read_in_the_same_number_of_queries(
    client_a: Client, alice: Membership, staff: Membership
) -> None:
    def reads(events: list[Event]) -> int:
        with organization_scope(client_a.organization_id), CaptureQueriesContext(connection) as run:
            notify(events)
        return sum(q["sql"].startswith(("SELECT", 'INSERT INTO "notif')) for q in run)

    happen(client_a, Actor.system(client_a.organization_id), "client")
    one = reads(events_of(client_a.organization))
    before = len(events_of(client_a.organization))
    for _ in range(10):
        happen(client_a, Actor.system(client_a.organization_id), "client")
    assert reads(events_of(client_a.organization)[before:]) == one


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_each_kind_has_finished_words(kind: str) -> None:
    data = {name.rstrip("?"): SAMPLES[shape] for name, shape in KINDS[kind].items()}
    words = words_for(kind, data)
    assert words.title
    assert "{" not in words.title + words.body + words.page
    assert not words.page or words.page.startswith("/")
    empty = words_for(kind, {name.rstrip("?"): None for name in KINDS[kind]})
    assert "None" not in empty.title + empty.body


def test_the_words_name_only_members_that_the_kinds_have() -> None:
    for kind, words in WORDS.items():
        members = {name.rstrip("?") for name in KINDS[kind]}
        for text in (words.title, words.body, words.page):
            named = {part.split("}")[0] for part in text.split("{")[1:]}
            assert named <= members, f"{kind}: {named - members}"


def test_money_and_states_are_written_for_people() -> None:
    paid = words_for("payment.succeeded", {"amount": {"amount": 129900, "currency": "EUR"}})
    assert paid.title == "Payment of €1,299.00 received"
    moved = words_for("project.status_changed", {"name": "a_b", "to": "in_progress"})
    assert moved.title == "a_b is now in progress"


@pytest.mark.parametrize("audience", ["staff", "client", "user", "system"])
@pytest.mark.parametrize("kind", ["project.created", "file.uploaded"])
def test_who_is_told_is_who_may_see_the_event(
    audience: str, kind: str, client_a: Client, cast: dict[str, Membership]
) -> None:
    event = Event(
        organization_id=client_a.organization_id, kind=kind, audience=audience,
        aggregate_type=kind.split(".", maxsplit=1)[0], aggregate_id=uuid7(), aggregate_seq=1,
        actor_type="system", client_id=client_a.id, user_ids=[cast["bob"].user_id],
        body=orjson.dumps({"salt": "", "data": {}}).decode(), body_digest=b"",
    )  # fmt: skip
    with organization_scope(client_a.organization_id):
        event.save()
        people = [cast[name] for name in ("owner", "staff", "accountant", "alice", "bob")]
        for person in people:
            seen = Event.objects.visible_to(person.actor()).filter(id=event.id).exists()
            assert concerns(event, person) == seen, person
