"""Deliveries, replays and dead letters over HTTP and command line (R156, R158, S16, S17, C17)."""

import json
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Membership
from apps.core.tenancy import organization_scope
from apps.events.models import Parked
from apps.integrations.models import Delivery
from apps.integrations.services import send_all_due
from tests.conftest import api
from tests.integrations.factories import (
    latest,
    make_delivery,
    make_endpoint,
    make_parked,
    seen,
)
from tests.integrations.receiver import receiver, status

URL = "/api/v1/deliveries"
DEAD = "/api/v1/dead-letters"


def test_c17_a_delivery_shows_its_attempts_with_the_masked_answer(owner: Membership) -> None:
    """R158: time, outcome and the beginning of the answer; secrets in it are masked."""
    answer = b'{"error": "no", "token": "tok_secret_1", "hint": "Bearer abc.def"}'
    with receiver(status(500, answer), status(200, b"thanks")) as peer:
        endpoint = make_endpoint(owner.organization, peer.url)
        delivery = make_delivery(endpoint)
        send_all_due(1)
    shown = api(owner).get(f"{URL}/{delivery.id}")
    data = shown.json()["data"]
    assert set(data) == {
        "id", "connection_id", "event_id", "sequence", "kind", "status", "replay", "attempts",
        "due_at", "last_error", "finished_at", "created_at", "updated_at",
    }  # fmt: skip
    assert (data["status"], data["replay"], data["last_error"]) == ("retry_wait", 0, "status 500")
    assert data["connection_id"] == str(endpoint.id)
    (attempt,) = data["attempts"]
    assert (attempt["number"], attempt["outcome"], attempt["status"]) == (1, "retryable", 500)
    assert attempt["started_at"].endswith("Z")
    assert attempt["finished_at"] >= attempt["started_at"]
    assert '"error": "no"' in attempt["response_head"]
    assert "tok_secret_1" not in shown.content.decode()
    assert "abc.def" not in shown.content.decode()
    assert shown["ETag"]


def test_lists_filter_by_status_connection_kind_and_event(owner: Membership) -> None:
    endpoint = make_endpoint(owner.organization)
    dead, waiting = make_delivery(endpoint, "dead"), make_delivery(endpoint)
    client = api(owner)
    for query, found in (
        ("status=dead", [dead]),
        ("status=pending,held", [waiting]),
        (f"event_id={dead.event_id}", [dead]),
        (f"connection_id={endpoint.id}&sort=sequence", [dead, waiting]),
        (f"connection_id={uuid4()}", []),
        ("kind=client.updated&sort=-sequence", [waiting, dead]),
    ):
        rows = client.get(f"{URL}?{query}").json()["data"]
        assert [row["id"] for row in rows] == [str(row.id) for row in found], query
    assert client.get(f"{URL}?status=lost").status_code == 400
    page = client.get(f"{URL}?limit=1").json()["meta"]["pagination"]
    following = client.get(f"{URL}?limit=1&cursor={page['next_cursor']}").json()["data"]
    assert [row["id"] for row in following] == [str(dead.id)]


@pytest.mark.parametrize("state", ["delivered", "dead", "cancelled"])
def test_r156_a_replay_is_a_new_delivery_of_the_same_event(owner: Membership, state: str) -> None:
    """Acceptance 11: one by one, each an event with its actor."""
    with receiver() as peer:
        delivery = make_delivery(make_endpoint(owner.organization, peer.url), state)
        answer = api(owner).post(f"{URL}/{delivery.id}/replays")
        assert answer.status_code == 202
        made = answer.json()["data"]
        assert (made["replay"], made["status"], made["event_id"]) == (
            1, "pending", str(delivery.event_id),
        )  # fmt: skip
        assert made["id"] != str(delivery.id)
        assert send_all_due() == 1
        assert peer.got[0].headers["webhook-id"] == f"msg_{delivery.event_id}"
        assert peer.got[0].headers["x-portico-replay"] == "1"
    assert seen(delivery).state == state
    (audit,) = latest(owner.organization, "audit.recorded")
    assert audit.actor_id == owner.user_id
    assert json.loads(audit.data)["action"] == "delivery.replayed"


@pytest.mark.parametrize("state", ["pending", "retry_wait", "held"])
def test_an_open_delivery_cannot_be_replayed_but_cancelled(owner: Membership, state: str) -> None:
    delivery = make_delivery(make_endpoint(owner.organization), state)
    client = api(owner)
    refused = client.post(f"{URL}/{delivery.id}/replays")
    assert (refused.status_code, refused.json()["code"]) == (409, "INVALID_TRANSITION")
    cancelled = client.post(f"{URL}/{delivery.id}/cancellations")
    assert (cancelled.status_code, cancelled.json()["data"]["status"]) == (200, "cancelled")
    again = client.post(f"{URL}/{delivery.id}/cancellations")
    assert (again.status_code, again.json()["details"]["rule"]) == (409, "not_waiting")


def test_p100_a_range_is_replayed_by_number_kind_and_status(owner: Membership) -> None:
    """Acceptance 11: in bulk."""
    endpoint = make_endpoint(owner.organization)
    states = ("delivered", "dead", "cancelled", "pending")
    rows = [make_delivery(endpoint, state) for state in states]
    place, client = f"/api/v1/webhook-endpoints/{endpoint.id}/replays", api(owner)
    all_of_it: dict[str, Any] = {"from_sequence": 1, "to_sequence": rows[-1].event_seq}
    for change, count in (
        ({"kinds": ["invoice.*"]}, 0),
        ({"statuses": ["dead"]}, 1),
        ({"to_sequence": rows[0].event_seq}, 1),
        ({}, 1),  # two of the four are open again by now, one always was
        ({}, 0),
    ):
        answer = client.post(place, all_of_it | change)
        assert (answer.status_code, answer.json()["data"]) == (202, {"count": count}), change
    with organization_scope(owner.organization_id):
        assert set(Delivery.objects.filter(replay_no=1).values_list("priority", flat=True)) == {9}
    for bad in ({"from_sequence": 0}, {"to_sequence": 0}, {"statuses": ["open"]}, {"x": 1}):
        assert client.post(place, all_of_it | bad).status_code == 400
    assert client.post(place, {"from_sequence": 5, "to_sequence": 4}).status_code == 400


def test_a_replay_to_a_removed_endpoint_is_refused(owner: Membership) -> None:
    endpoint = make_endpoint(owner.organization)
    delivery = make_delivery(endpoint, "dead")
    client = api(owner)
    client.delete(f"/api/v1/webhook-endpoints/{endpoint.id}")
    assert client.post(f"{URL}/{delivery.id}/replays").status_code == 409


def test_foreign_ids_are_404(owner: Membership, mallory: Membership) -> None:
    delivery = make_delivery(make_endpoint(owner.organization), "dead")
    client = api(mallory)
    assert client.get(f"{URL}/{delivery.id}").status_code == 404
    for path in ("replays", "cancellations"):
        assert client.post(f"{URL}/{delivery.id}/{path}").status_code == 404
    assert client.get(f"{DEAD}/{delivery.id}").status_code == 404
    assert client.post(f"{DEAD}/{delivery.id}/replays").status_code == 404
    assert client.get(DEAD).json()["data"] == []
    assert api(owner).get(f"{URL}/{uuid4()}").status_code == 404


def test_s16_dead_deliveries_and_parked_events_stand_in_one_list(owner: Membership) -> None:
    """Acceptance 11: listed and inspected."""
    endpoint = make_endpoint(owner.organization)
    dead = make_delivery(endpoint, "dead", last_error="status 404", attempts=1)
    parked = make_parked(owner.organization)
    client = api(owner)
    rows = {row["id"]: row for row in client.get(DEAD).json()["data"]}
    assert set(rows) == {str(dead.id), str(parked.id)}
    row = rows[str(dead.id)]
    assert set(row) == {
        "id", "source", "kind", "connection_id", "consumer", "event_id", "error", "attempts",
        "first_failed_at", "last_failed_at", "body", "created_at", "updated_at",
    }  # fmt: skip
    assert (row["source"], row["connection_id"], row["error"], row["attempts"]) == (
        "delivery", str(endpoint.id), "status 404", 1,
    )  # fmt: skip
    assert set(row["body"]) == {"id", "name", "changed"}
    event = rows[str(parked.id)]
    assert (event["source"], event["consumer"], event["error"]) == ("event", "deliver", "it broke")
    assert client.get(f"{DEAD}/{parked.id}").json()["data"] == event
    found = client.get(f"{DEAD}?source=event").json()["data"]
    assert [row["id"] for row in found] == [str(parked.id)]


def test_s17_a_replayed_dead_letter_leaves_the_list(owner: Membership) -> None:
    endpoint = make_endpoint(owner.organization)
    dead, parked = make_delivery(endpoint, "dead"), make_parked(owner.organization)
    client = api(owner)
    for pk in (dead.id, parked.id):
        assert client.post(f"{DEAD}/{pk}/replays").status_code == 202
        assert client.post(f"{DEAD}/{pk}/replays").status_code == 404
    assert client.get(DEAD).json()["data"] == []
    with organization_scope(owner.organization_id):
        made = Delivery.objects.filter(state="pending").order_by("replay_no")
        assert [(row.event_id, row.replay_no) for row in made] == [
            (parked.event_id, 0), (dead.event_id, 1),
        ]  # fmt: skip
        assert Parked.objects.get().resolved_at is not None


def test_s17_a_dead_letter_is_discarded_with_a_reason(owner: Membership) -> None:
    endpoint = make_endpoint(owner.organization)
    dead, parked = make_delivery(endpoint, "dead"), make_parked(owner.organization)
    client = api(owner)
    assert client.delete(f"{DEAD}/{dead.id}").status_code == 400
    for pk in (dead.id, parked.id):
        assert client.delete(f"{DEAD}/{pk}", {"reason": "old test"}).status_code == 200
    assert client.get(DEAD).json()["data"] == []
    assert (seen(dead).state, seen(dead).discard_reason) == ("dead", "old test")
    actions = {json.loads(e.data)["action"] for e in latest(owner.organization, "audit.recorded")}
    assert actions == {"dead_letter.discarded"}


def dlq(*arguments: object) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("dlq", *map(str, arguments), "--json", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_s17_the_command_line_lists_shows_replays_and_discards(owner: Membership) -> None:
    """Acceptance 11: over the command line."""
    endpoint = make_endpoint(owner.organization)
    dead, parked = make_delivery(endpoint, "dead"), make_parked(owner.organization)
    assert {line["id"] for line in dlq("list")} == {str(dead.id), str(parked.id)}
    assert [line["id"] for line in dlq("list", "--source", "event")] == [str(parked.id)]
    (shown,) = dlq("show", dead.id)
    assert set(shown["body"]) == {"id", "name", "changed"}
    assert dlq("replay", "--all", "--dry-run")[0]["done"] == "no, dry run"
    assert len(dlq("list")) == 2
    assert [line["done"] for line in dlq("replay", dead.id)] == ["replay"]
    assert [line["done"] for line in dlq("discard", parked.id, "--reason", "old")] == ["discard"]
    assert dlq("list") == []
    for wrong in (("replay",), ("discard", dead.id), ("show",), ("show", uuid4())):
        with pytest.raises(CommandError):
            dlq(*wrong)
