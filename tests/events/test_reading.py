"""Public reading of the log as CloudEvents (S04, C6, `integration.md` 3.3)."""

import threading
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import connection
from django.urls import reverse

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core import context
from apps.core.actors import Actor
from apps.core.models import revise
from apps.core.tenancy import organization_scope
from apps.events.cloudevents import document
from apps.events.kinds import KINDS
from apps.events.models import Event
from apps.events.outbox import publish
from tests.conftest import api, assert_constant_queries, events_of
from tests.factories import make_client

URL = "/api/v1/events"


def happen(client: Client, audience: str = "client", actor: Actor | None = None) -> UUID:
    """Publish something about a client, and number it."""
    actor = actor or Actor.system(client.organization_id)
    with organization_scope(client.organization_id):
        row = Client.objects.get(id=client.id)
        revise(row)
        made = publish(
            actor, "client.updated", row, audience=audience, id=client.id, name="Ünï", changed=[]
        )
    events_of(client.organization)
    return made


def ids(body: Any) -> list[str]:
    return [event["id"] for event in body["data"]]


def test_c6_an_event_is_a_cloudevents_document(client_a: Client, staff: Membership) -> None:
    made = happen(client_a, actor=staff.actor())
    body = api(staff).get(f"{URL}?kind=client.updated").json()
    (event,) = body["data"]
    number = event.pop("sequence")
    assert body["meta"]["through"] == body["meta"]["head"] >= int(number)
    assert event.pop("time").endswith("Z")
    assert UUID(event.pop("correlationid"))
    assert event == {
        "specversion": "1.0",
        "id": str(made),
        "source": f"portico/{client_a.organization.slug}",
        "type": "client.updated",
        "subject": f"clients/{client_a.id}",
        "datacontenttype": "application/json",
        "dataschema": "/schemas/events/client.updated/1.json",
        "tenantid": str(client_a.organization_id),
        "aggregatetype": "client",
        "aggregateid": str(client_a.id),
        "aggregateseq": event["aggregateseq"],
        "actorid": str(staff.user_id),
        "data": {"id": str(client_a.id), "name": "Ünï", "changed": []},
    }


def test_c6_optional_attributes_are_there_when_known(client_a: Client) -> None:
    trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    context.enter(context.RequestContext(traceparent=trace))
    happen(client_a)
    event = events_of(client_a.organization)[-1]
    text = document(event, "north")
    assert orjson.loads(text)["traceparent"] == trace
    assert event.data.encode() in text  # the stored bytes, as they were hashed
    assert "salt" not in orjson.loads(text)["data"]


def test_an_erased_event_keeps_its_attributes(client_a: Client, owner: Membership) -> None:
    made = happen(client_a)
    with organization_scope(client_a.organization_id):
        Event.objects.filter(id=made).update(body=None)
    (event,) = api(owner).get(f"{URL}?kind=client.updated").json()["data"]
    assert event["data"] is None


@pytest.mark.parametrize(
    ("audience", "people"),
    [
        ("client", {"owner", "staff", "accountant", "alice"}),
        ("staff", {"owner", "staff", "accountant"}),
        ("system", {"owner"}),
    ],
)
def test_r114_who_sees_an_event(
    audience: str, people: set[str], client_a: Client, cast: dict[str, Membership]
) -> None:
    made = str(happen(client_a, audience))
    found = {name for name, person in cast.items() if person and made in _seen(person)}
    assert found == people


def _seen(person: Membership) -> list[str]:
    return ids(api(person).get(f"{URL}?limit=500&kind=client.*").json())


def test_s04_numbers_that_are_not_shown_are_no_gap(client_a: Client, alice: Membership) -> None:
    reader = api(alice)
    events_of(alice)
    start = reader.get(URL).json()["meta"]["through"]
    happen(client_a, "staff")
    shown = happen(client_a)
    happen(client_a, "staff")
    body = reader.get(f"{URL}?after={start}&kind=client.*").json()
    assert ids(body) == [str(shown)]
    assert body["meta"]["through"] == body["meta"]["head"] == start + 3
    again = reader.get(f"{URL}?after={body['meta']['through']}&kind=client.*").json()
    assert again["data"] == []
    beyond = reader.get(f"{URL}?after=999999").json()
    assert beyond["meta"]["through"] == 999999


def test_a_full_page_says_how_far_it_came(client_a: Client, owner: Membership) -> None:
    made = [str(happen(client_a)) for _ in range(5)]
    seen, after = [], 0
    for _ in range(3):
        body = api(owner).get(f"{URL}?after={after}&limit=2&kind=client.updated").json()
        seen += ids(body)
        after = body["meta"]["through"]
    assert seen == made


def test_kinds_are_patterns(client_a: Client, owner: Membership) -> None:
    happen(client_a)
    client = api(owner)
    everything = ids(client.get(URL).json())
    assert len(ids(client.get(f"{URL}?kind=*").json())) == len(everything)
    some = client.get(f"{URL}?kind=client.*,*.failed").json()["data"]
    assert {event["type"] for event in some} == {"client.updated"}
    assert client.get(f"{URL}?kind=invoice.paid").json()["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        "kind=nothing.*", "kind=", "kind=client.*,", "after=-1", "after=x",
        "after=9223372036854775808", "after=²", "limit=0", "limit=501", "limit=",
        "cursor=x", "after=1&after=2", "sort=time", "kind=" + ",".join(["*"] * 51),
    ],
)  # fmt: skip
def test_p30_a_wrong_parameter_is_refused(query: str, owner: Membership) -> None:
    response = api(owner).get(f"{URL}?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_FILTER")


def test_an_unchanged_log_is_304(client_a: Client, owner: Membership) -> None:
    happen(client_a)
    client = api(owner)
    tag = client.get(f"{URL}?kind=client.*")["ETag"]
    same = client.get(f"{URL}?kind=client.*", headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")


def test_reading_costs_three_queries(client_a: Client, owner: Membership) -> None:
    client = api(owner)
    assert_constant_queries(lambda: client.get(URL), lambda: happen(client_a), at_most=3)


def test_each_kind_has_a_schema_that_costs_no_transaction() -> None:
    for kind in KINDS:
        url = reverse("event-schema", args=[kind, 1])
        assert url == f"/schemas/events/{kind}/1.json"
        assert api(None).get(url).json()["title"] == kind


@pytest.mark.parametrize("name", ["invoice.paid/2", "nothing.happened/1"])
def test_an_unknown_schema_is_404(name: str) -> None:
    assert api(None).get(f"/schemas/events/{name}.json").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_s04_a_reader_beside_eight_writers_skips_nothing(
    client_a: Client, owner: Membership
) -> None:
    companies = [make_client(client_a.organization, f"C{n}") for n in range(8)]
    made: list[UUID] = []
    threads = [threading.Thread(target=_write, args=[c, owner.actor(), made]) for c in companies]
    reader = api(owner)
    for thread in threads:
        thread.start()
    seen: list[str] = []
    after, ended = 0, False
    while True:
        body = reader.get(f"{URL}?after={after}&limit=7&kind=client.*").json()
        seen += ids(body)
        after = body["meta"]["through"]
        if ended and after == body["meta"]["head"]:
            break
        ended = not any(thread.is_alive() for thread in threads)
    assert sorted(seen) == sorted(str(event_id) for event_id in made)
    assert len(seen) == len(set(seen)) == 80


def _write(company: Client, actor: Actor, made: list[UUID]) -> None:
    try:
        for _ in range(10):
            with organization_scope(company.organization_id):
                row = Client.objects.get(id=company.id)
                revise(row)
                event = publish(actor, "client.updated", row, id=row.id, name="x", changed=[])
            made.append(event)
    finally:
        connection.close()
