"""Changes, badges, typing and presence as frames (P77, P78, P79, R106, R109)."""

import threading
import time
from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.actors import Actor
from apps.core.models import revise
from apps.core.tenancy import organization_scope
from apps.events.outbox import publish
from apps.events.services import expand
from apps.live import lookups, pushes
from tests.conftest import api
from tests.live.conftest import opened, signed_in
from tests.messaging.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db(transaction=True)


def touch(client: Client, times: int = 1, audience: str = "client", spread: bool = True) -> None:
    """Let something happen to a company, and let the consumers read it."""
    actor = Actor.system(client.organization_id)
    with organization_scope(client.organization_id):
        row = Client.objects.get(id=client.id)
        for _ in range(times):
            revise(row)
            publish(
                actor, "client.updated", row, audience=audience, id=row.id, name="x", changed=[]
            )
    if spread:
        expand(client.organization_id)


def numbers(frames: list[Any]) -> list[int]:
    return [int(frame["sequence"]) for frame in frames if frame["type"] == "change"]


def test_c15_a_change_is_a_hint_without_data(
    address: str, alice: Membership, client_a: Client
) -> None:
    with signed_in(address, alice, "me") as socket:
        touch(client_a)
        frame = socket.read()
    number = frame.pop("sequence")
    assert int(number) > 0
    assert frame == {
        "type": "change", "topic": "me", "kind": "client.updated", "id": str(client_a.id),
        "version": 2,
    }  # fmt: skip


def test_p78_each_visible_change_comes_once_and_in_order(
    address: str, alice: Membership, owner: Membership, client_a: Client, client_b: Client
) -> None:
    with signed_in(address, owner, "me") as studio, signed_in(address, alice, "me") as contact:
        for _ in range(3):
            touch(client_a, 20)
            touch(client_b, 20)
            touch(client_a, 1, "staff")
        seen_by_owner, seen_by_alice = numbers(studio.silence()), numbers(contact.silence())
    assert len(seen_by_owner) == 123
    assert seen_by_owner == sorted(set(seen_by_owner))
    assert len(seen_by_alice) == 60
    assert set(seen_by_alice) < set(seen_by_owner)


def test_topics_choose_and_each_names_itself(
    address: str, owner: Membership, client_a: Client, client_b: Client
) -> None:
    topic = f"clients/{client_a.id}"
    with signed_in(address, owner, topic) as socket:
        touch(client_b)
        touch(client_a)
        assert [frame["topic"] for frame in socket.silence()] == [topic]
        socket.follow("me", "2")
        touch(client_a)
        assert [frame["topic"] for frame in socket.silence()] == [topic, "me"]
        socket.send(type="unsubscribe", id="0")
        touch(client_a)
        assert [frame["topic"] for frame in socket.silence()] == ["me"]


def test_without_a_subscription_a_socket_follows_me(
    address: str, alice: Membership, client_a: Client
) -> None:
    with signed_in(address, alice) as socket:
        touch(client_a)
        assert [frame["topic"] for frame in socket.silence()] == ["me"]


def test_another_studio_hears_nothing(address: str, mallory: Membership, client_a: Client) -> None:
    with signed_in(address, mallory, "me") as socket:
        touch(client_a)
        assert socket.silence() == []


def test_r106_resume_tells_in_order_what_was_missed_and_nothing_twice(
    address: str, alice: Membership, client_a: Client
) -> None:
    with signed_in(address, alice, "me") as socket:
        touch(client_a, 3)
        last = max(numbers(socket.silence()))
    touch(client_a, 5)
    touch(client_a, 2, "staff")
    with opened(address) as socket:
        socket.sign_in(alice)
        socket.follow("me")
        touch(client_a, 2, spread=False)  # committed, and not pushed yet
        socket.send(type="resume", after=str(last))
        expand(alice.organization_id)
        frames = [f for f in socket.silence() if f["kind"] == "client.updated"]
    found = numbers(frames)
    assert len(found) == 7
    assert found == sorted(set(found))
    assert min(found) > last


def test_r106_more_than_1000_are_a_gap(
    address: str, alice: Membership, client_a: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "REPLAYED", 300)
    with signed_in(address, alice, "me") as socket:
        touch(client_a, 305)
        head = max(numbers(socket.silence()))
        socket.send(type="resume", after=str(head - 305))
        frames = socket.silence()
    assert numbers(frames) == list(range(head - 304, head - 4))
    assert frames[-1] == {"type": "gap", "from": str(head - 4), "to": str(head)}
    assert lookups.REPLAYED == 300


@pytest.mark.parametrize("after", ["", "-1", "x", "²", "9" * 30])
def test_a_wrong_number_is_refused(after: str, address: str, alice: Membership) -> None:
    with signed_in(address, alice) as socket:
        assert socket.ask(type="resume", after=after)["code"] == "VALIDATION_ERROR"


def test_p79_badges_follow_messages_and_reading(
    address: str, alice: Membership, staff: Membership
) -> None:
    conversation = make_conversation(staff, alice)
    with signed_in(address, alice, f"conversations/{conversation.id}") as socket:
        message = make_message(conversation, staff)
        expand(alice.organization_id)
        expand(alice.organization_id)  # the notification is an event of its own
        frames = socket.silence()
        changes = [f["kind"] for f in frames if f["type"] == "change"]
        assert changes == ["message.sent"]
        badges = {f["name"]: f["count"] for f in frames if f["type"] == "badge"}
        assert badges == {"messages": 1, "notifications": 1}
        reads = f"/api/v1/conversations/{conversation.id}/reads"
        api(alice).post(reads, {"up_to": str(message.id)})
        expand(alice.organization_id)
        (badge,) = [f for f in socket.silence() if f["type"] == "badge"]
        assert badge == {"type": "badge", "name": "messages", "count": 0}


def test_r109_reading_notifications_clears_the_other_devices(
    address: str, alice: Membership, staff: Membership
) -> None:
    with signed_in(address, alice, "me") as desktop:
        make_message(make_conversation(staff, alice), staff)
        expand(alice.organization_id)
        expand(alice.organization_id)
        desktop.silence()
        api(alice).post("/api/v1/notifications/reads")
        pushes.push_badges(alice.organization_id, alice.user_id)  # what the hint asks a worker for
        badges = {f["name"]: f["count"] for f in desktop.silence() if f["type"] == "badge"}
    assert badges == {"messages": 1, "notifications": 0}


def test_a_conversation_stays_between_its_people(
    address: str, alice: Membership, staff: Membership, owner: Membership
) -> None:
    with signed_in(address, owner, "me") as outside:
        make_message(make_conversation(staff, alice), staff)
        expand(alice.organization_id)
        assert outside.silence() == []


def test_r110_typing_is_told_to_the_others_at_most_once_in_three_seconds(
    address: str, alice: Membership, staff: Membership
) -> None:
    conversation = make_conversation(staff, alice)
    topic = f"conversations/{conversation.id}"
    with signed_in(address, alice, topic) as one, signed_in(address, staff, topic) as other:
        for active in (True, True, False):
            one.send(type="typing", conversation_id=str(conversation.id), active=active)
        assert one.silence() == []
        frames = [other.read(), other.read()]
        assert frames[0] == {
            "type": "typing", "conversation_id": str(conversation.id), "name": "Alice Tester",
            "user_id": str(alice.user_id), "active": True,
        }  # fmt: skip
        assert frames[1]["active"] is False
        assert other.silence() == []


def test_typing_in_a_conversation_of_others_is_refused(
    address: str, alice: Membership, staff: Membership, bob: Membership
) -> None:
    conversation = make_conversation(staff, alice)
    with signed_in(address, bob) as socket:
        for name in (str(conversation.id), "no id"):
            refused = socket.ask(type="typing", conversation_id=name, active=True)
            assert refused["code"] == "NOT_FOUND"


def test_p77_presence_reaches_colleagues_and_nobody_else(
    address: str, alice: Membership, bob: Membership, staff: Membership, owner: Membership
) -> None:
    with (
        signed_in(address, alice) as contact,
        signed_in(address, bob) as stranger,
        signed_in(address, owner) as studio,
    ):
        contact.send(type="presence", status="away")
        assert studio.read() == {
            "type": "presence", "user_id": str(alice.user_id), "status": "away",
        }  # fmt: skip
        studio.send(type="presence", status="online")
        assert stranger.read()["user_id"] == str(owner.user_id)
        assert stranger.silence() == []


def test_r104_a_change_is_heard_soon(address: str, alice: Membership, client_a: Client) -> None:
    with signed_in(address, alice, "me") as socket:
        times = []
        for _ in range(20):
            touch(client_a, spread=False)
            began = time.perf_counter()
            pushed = threading.Thread(target=_spread, args=[client_a])
            pushed.start()
            socket.read()
            times.append(time.perf_counter() - began)
            pushed.join()
    assert sorted(times)[18] < 1.0


def _spread(client: Client) -> None:
    from django.db import connection

    try:
        expand(client.organization_id)
    finally:
        connection.close()
