"""From event to receiver: form, signature, outcomes and schedule (C6, R154, R155, B29, P101)."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from apps.accounts.models import Membership
from apps.connections.http import Answer, Outcome
from apps.connections.models import Attempt, Connection
from apps.connections.services import valid_secrets
from apps.core import clock
from apps.core.tenancy import organization_scope
from apps.events.models import Event
from apps.integrations import policy
from apps.integrations.models import Delivery
from apps.integrations.services import claim, rotate_secret, send_all_due
from apps.integrations.services.settling import settle
from apps.organizations.models import Organization
from tests.conftest import api
from tests.factories import make_client, system
from tests.integrations.factories import (
    hurry,
    latest,
    make_deliveries,
    make_delivery,
    make_endpoint,
    make_event,
    seconds_to_due,
    seen,
    stored,
)
from tests.integrations.receiver import (
    Behaviour,
    Receiver,
    flood,
    hang_up,
    receiver,
    status,
)


@pytest.fixture
def peer() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


def attempts_of(delivery: Delivery) -> list[Attempt]:
    with organization_scope(delivery.organization_id):
        return list(Attempt.objects.filter(delivery_id=delivery.id).order_by("epoch"))


def test_c6_a_committed_event_arrives_with_its_headers_and_as_a_cloudevent(
    organization: Organization, peer: Receiver
) -> None:
    endpoint = make_endpoint(organization, peer.url)
    event = make_event(organization)
    (delivery,) = make_deliveries(organization, event)
    assert send_all_due() == 1
    (got,) = peer.got
    assert {name: got.headers[name] for name in got.headers if name.startswith("x-portico")} == {
        "x-portico-event": "client.updated",
        "x-portico-delivery": str(delivery.id),
        "x-portico-attempt": "1",
        "x-portico-replay": "0",
    }
    assert got.headers["webhook-id"] == f"msg_{event.id}"
    assert got.headers["user-agent"] == "Portico-Webhooks/1"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["traceparent"].startswith("00-")
    body = json.loads(got.body)
    assert (body["specversion"], body["id"], body["type"]) == ("1.0", str(event.id), event.kind)
    assert body["source"] == f"portico/{organization.slug}"
    assert (body["sequence"], body["aggregateseq"]) == (str(event.seq), event.aggregate_seq)
    assert body["data"]["id"] == str(event.aggregate_id)
    assert "salt" not in got.body.decode()
    done = seen(delivery)
    assert (done.state, done.attempts, done.lease_until) == ("delivered", 1, None)
    assert stored(endpoint).last_success_at is not None


def test_acceptance_12_the_public_library_verifies_also_while_secrets_rotate(
    organization: Organization, peer: Receiver
) -> None:
    """R154, R157: both signatures are sent; after its end the old secret does not verify."""
    endpoint = make_endpoint(organization, peer.url)
    old = endpoint.secret  # type: ignore[attr-defined]
    make_delivery(endpoint)
    send_all_due()
    Webhook(old).verify(peer.got[0].body, peer.got[0].headers)
    with organization_scope(organization.id):
        locked = Connection.objects.select_for_update().get(id=endpoint.id)
        _made, new = rotate_secret(system(organization), locked)
    make_delivery(endpoint)
    send_all_due()
    assert len(peer.got[1].headers["webhook-signature"].split()) == 2
    for secret in (old, new):
        Webhook(secret).verify(peer.got[1].body, peer.got[1].headers)
    with clock.moved(timedelta(hours=25)):
        make_delivery(endpoint)
        send_all_due()
        with organization_scope(organization.id):
            assert valid_secrets(endpoint.id) == [new]
    Webhook(new).verify(peer.got[2].body, peer.got[2].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(peer.got[2].body, peer.got[2].headers)
    changed = peer.got[2].body.replace(b"1.0", b"1.1", 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(changed, peer.got[2].headers)
    assert 24 <= len(base64.b64decode(new.removeprefix("whsec_"))) <= 64


def test_patterns_choose_and_a_persons_own_events_leave_for_nobody(
    organization: Organization,
) -> None:
    wanted = make_endpoint(organization, events=("client.updated",))
    make_endpoint(organization, events=("invoice.*",))
    everything = make_endpoint(organization, events=("*",))
    event = make_event(organization)
    rows = make_deliveries(organization, event)
    assert {row.connection_id for row in rows} == {wanted.id, everything.id}
    private = make_event(organization)
    private.audience = Event.Audience.USER
    assert make_deliveries(organization, private) == []


def test_the_same_events_twice_make_one_delivery(organization: Organization) -> None:
    make_endpoint(organization)
    events = [make_event(organization), make_event(organization)]
    first = make_deliveries(organization, *events)
    assert [row.id for row in make_deliveries(organization, *events)] == [row.id for row in first]
    assert len(first) == 2


OUTCOMES: list[tuple[Behaviour, str, str, int | None]] = [
    (status(200), "delivered", "ok", 200),
    (status(204), "delivered", "ok", 204),
    (status(301, location="https://93.184.215.14/"), "dead", "permanent", 301),
    (status(400), "dead", "permanent", 400),
    (status(404), "dead", "permanent", 404),
    (status(408), "retry_wait", "retryable", 408),
    (status(425), "retry_wait", "retryable", 425),
    (status(429), "retry_wait", "retryable", 429),
    (status(500), "retry_wait", "retryable", 500),
    (status(503), "retry_wait", "retryable", 503),
    (hang_up, "retry_wait", "unknown", None),
    (flood, "delivered", "ok", 200),
]


@pytest.mark.parametrize(("behaviour", "state", "outcome", "code"), OUTCOMES)
def test_each_answer_has_its_outcome(
    organization: Organization, behaviour: Behaviour, state: str, outcome: str, code: int | None
) -> None:
    with receiver(behaviour) as peer:
        delivery = make_delivery(make_endpoint(organization, peer.url))
        send_all_due(1)
        (attempt,) = attempts_of(delivery)
        assert len(peer.got) == 1
    assert (seen(delivery).state, attempt.outcome, attempt.status) == (state, outcome, code)
    assert attempt.finished_at is not None
    dead = latest(organization, "delivery.dead")
    assert len(dead) == (1 if state == "dead" else 0)


def test_a_refused_connection_is_retryable(organization: Organization) -> None:
    with receiver() as peer:
        pass
    delivery = make_delivery(make_endpoint(organization, peer.url))
    send_all_due(1)
    assert attempts_of(delivery)[0].outcome == "retryable"


def test_b29_the_ten_attempts_follow_the_schedule(organization: Organization) -> None:
    """Acceptance 9: due times within ± 20 %; after the tenth the delivery is dead."""
    with receiver(status(500)) as peer:
        delivery = make_delivery(make_endpoint(organization, peer.url))
        for number in range(1, 11):
            hurry()
            with organization_scope(organization.id):  # this test is not about the breaker
                Connection.objects.update(breaker="closed", breaker_until=None)
            assert send_all_due(1) == 1
            current = seen(delivery)
            assert current.attempts == number
            if number < 10:
                wait = policy.WAITS[number]
                assert wait * 0.8 - 1 <= seconds_to_due(delivery) <= wait * 1.2
                assert current.state == "retry_wait"
        assert seen(delivery).state == "dead"
        assert peer.ids() == [f"msg_{delivery.event_id}"] * 10
        assert [got.headers["x-portico-attempt"] for got in peer.got] == [
            str(n) for n in range(1, 11)
        ]
    assert sum(policy.WAITS) == 75 * 3600 + 35 * 60 + 5


@given(
    attempts=st.integers(1, 9),
    share=st.floats(0, 1, exclude_max=True),
    timed_out=st.booleans(),
    code=st.sampled_from([None, 408, 429, 500, 503]),
    retry_after=st.none() | st.integers(0, 10**9),
)
def test_p101_a_wait_is_within_its_bounds(
    attempts: int, share: float, timed_out: bool, code: int | None, retry_after: int | None
) -> None:
    answer = Answer(Outcome.RETRYABLE, status=code, retry_after=retry_after, timed_out=timed_out)
    judged = policy.verdict(answer, attempts, lambda: share)
    plain = policy.WAITS[attempts]
    assert judged.wait_seconds is not None
    assert judged.wait_seconds >= plain * 0.8 - 1e-9
    assert judged.wait_seconds <= max(plain * 1.2, 60, judged.pause_seconds) + 1e-9
    if code == 429 or timed_out:
        assert judged.wait_seconds >= 60
    if code in {429, 503} and retry_after is not None:
        assert 60 <= judged.pause_seconds <= 86_400
    else:
        assert judged.pause_seconds == 0


def test_r155_retry_after_holds_the_whole_connection(organization: Organization) -> None:
    with receiver(status(503, Retry_After="3600")) as peer:
        endpoint = make_endpoint(organization, peer.url)
        first = make_delivery(endpoint)
        send_all_due()
        second = make_delivery(endpoint)
        assert send_all_due() == 0
        assert len(peer.got) == 1
    assert 3599 <= seconds_to_due(first) <= 3601
    assert seen(second).state == "pending"
    paused = stored(endpoint).paused_until
    assert paused is not None
    assert timedelta(minutes=59) < paused - clock.now() < timedelta(minutes=61)


def test_p101_410_disables_and_a_good_test_lets_the_owner_switch_on_again(
    owner: Membership,
) -> None:
    organization = owner.organization
    with receiver(status(410), status(200)) as peer:
        endpoint = make_endpoint(organization, peer.url)
        make_delivery(endpoint)
        send_all_due()
        gone = stored(endpoint)
        assert (gone.state, "410" in gone.disabled_reason) == ("disabled", True)
        assert len(latest(organization, "connection.disabled")) == 1
        place, client = f"/api/v1/webhook-endpoints/{endpoint.id}", api(owner)
        waiting = make_delivery(endpoint)
        assert send_all_due() == 0
        refused = client.patch(place, {"active": True})
        assert (refused.status_code, refused.json()["details"]) == (422, {"rule": "test_first"})
        tested = client.post(f"{place}/tests")
        assert tested.status_code == 202
        _expand(organization, tested.json()["data"]["event_id"])
        assert send_all_due() == 1
        assert peer.got[1].headers["x-portico-event"] == "connection.test"
        listed = client.get(tested.json()["data"]["status_url"]).json()["data"]
        assert [row["status"] for row in listed] == ["delivered"]
        assert client.patch(place, {"active": True}).json()["data"]["active"] is True
        assert send_all_due() == 1
        assert seen(waiting).state == "delivered"
    assert len(latest(organization, "connection.recovered")) == 1


def _expand(organization: Organization, event_id: str) -> None:
    from apps.events.services import number_events

    with organization_scope(organization.id):
        number_events()
        event = Event.objects.get(id=event_id)
    make_deliveries(organization, event)


def test_p101_failures_alone_for_120_hours_and_20_attempts_disable(
    organization: Organization,
) -> None:
    endpoint = make_endpoint(organization)
    with organization_scope(organization.id):
        Connection.objects.filter(id=endpoint.id).update(
            failing_since=clock.now() - timedelta(hours=119), failing_count=30
        )
    answer = Answer(Outcome.RETRYABLE, status=500, error="status 500")
    for hours, state in ((0, "active"), (2, "disabled")):
        make_delivery(endpoint)
        with clock.moved(timedelta(hours=hours)):
            (claimed,) = claim(1)
            settle(claimed, answer)
        assert stored(endpoint).state == state
    (told,) = latest(organization, "connection.disabled")
    assert "120 hours" in told.data


def test_twenty_failures_within_minutes_do_not_disable(organization: Organization) -> None:
    endpoint = make_endpoint(organization)
    with organization_scope(organization.id):
        Connection.objects.filter(id=endpoint.id).update(
            failing_since=clock.now() - timedelta(hours=1), failing_count=100
        )
    make_delivery(endpoint)
    (claimed,) = claim(1)
    settle(claimed, Answer(Outcome.RETRYABLE, status=500))
    assert stored(endpoint).state == "active"


def test_a_success_ends_the_row_of_failures_and_says_so(organization: Organization) -> None:
    endpoint = make_endpoint(organization)
    for _ in range(policy.NOTICE_FAILURES):
        make_delivery(endpoint)
        (claimed,) = claim(1)
        settle(claimed, Answer(Outcome.PERMANENT, status=404, error="status 404"))
    assert len(latest(organization, "connection.failed")) == 1
    make_delivery(endpoint)
    (claimed,) = claim(1)
    settle(claimed, Answer(Outcome.OK, status=200))
    well = stored(endpoint)
    assert (well.failing_since, well.failing_count) == (None, 0)
    assert len(latest(organization, "connection.recovered")) == 1


def test_dead_letters_about_dead_letters_do_not_breed(organization: Organization) -> None:
    """Two endpoints that want everything and refuse everything: the circle ends at once."""
    for _ in range(2):
        make_endpoint(organization, events=("*",))
    make_deliveries(organization, make_event(organization))
    refusal = Answer(Outcome.PERMANENT, status=404, error="status 404")
    made = 0
    for _round in range(5):
        claimed = claim(10)
        made += len(claimed)
        for one in claimed:
            settle(one, refusal)
        from tests.conftest import events_of

        make_deliveries(organization, *events_of(organization))
        known = {"client.created", "client.updated", "delivery.dead", "connection.created"}
        assert {e.kind for e in events_of(organization)} <= known
    assert made <= 8


def test_without_a_valid_secret_nothing_is_sent(organization: Organization, peer: Receiver) -> None:
    endpoint = make_endpoint(organization, peer.url)
    delivery = make_delivery(endpoint)
    with organization_scope(organization.id):
        endpoint.secrets.all().delete()
    send_all_due()
    assert peer.got == []
    assert seen(delivery).last_error == "no valid signing secret"


def test_an_erased_event_is_still_sent_without_its_data(
    organization: Organization, peer: Receiver
) -> None:
    delivery = make_delivery(make_endpoint(organization, peer.url))
    with organization_scope(organization.id):
        Event.objects.filter(id=delivery.event_id).update(body=None)
    send_all_due()
    assert json.loads(peer.got[0].body)["data"] is None


def test_an_event_of_another_organization_makes_nothing(
    organization: Organization, mallory: Membership
) -> None:
    make_endpoint(organization, events=("*",))
    foreign = make_event(mallory.organization, make_client(mallory.organization))
    assert make_deliveries(mallory.organization, foreign) == []
