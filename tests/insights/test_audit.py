"""The audit over HTTP: who, when, from where, what, before and after (P22, R30, C17)."""

from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.models import revise
from apps.core.tenancy import organization_scope
from apps.events.models import Event
from apps.events.outbox import publish, record
from apps.events.services import broken_events
from tests.conftest import api, assert_constant_queries, events_of
from tests.events.test_log import change
from tests.factories import PASSWORD, system

AUDIT = "/api/v1/audit-events"


def entries(person: Membership, query: str = "") -> list[dict[str, Any]]:
    events_of(person)
    answer = api(person).get(f"{AUDIT}{query}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_p22_r30_a_change_tells_who_where_what_before_and_after(
    owner: Membership, client_a: Client
) -> None:
    asked = api(owner).patch(f"/api/v1/clients/{client_a.id}", {"name": "Acme & Söhne"})
    assert asked.status_code == 200
    [entry] = entries(owner, "?action=client.updated")
    assert entry["actor"] == {
        "type": "user", "id": str(owner.user_id), "name": owner.user.name,
    }  # fmt: skip
    assert entry["object"] == {"type": "client", "id": str(client_a.id)}
    assert (entry["before"], entry["after"]) == ({"name": "Acme"}, {"name": "Acme & Söhne"})
    assert entry["ip"] == "127.0.0.1"
    assert entry["request_id"] == asked.headers["X-Request-ID"]


def test_p22_a_sign_in_is_in_the_audit_with_its_address(
    owner: Membership, alice: Membership
) -> None:
    body = {"email": alice.user.email, "password": PASSWORD}
    assert api(None).post("/api/v1/auth/login", body).status_code == 200
    entry = entries(owner, f"?action=user.signed_in&actor_id={alice.user_id}")[0]
    assert (entry["ip"], entry["actor"]["name"]) == ("127.0.0.1", alice.user.name)


def test_each_entry_names_the_hash_of_the_one_before(owner: Membership, client_a: Client) -> None:
    with organization_scope(owner.organization_id):
        for number in range(3):
            change(client_a, number)
    found = entries(owner, "?sort=sequence&limit=100")
    assert found[0]["previous_hash"] is None
    assert [row["previous_hash"] for row in found[1:]] == [row["hash"] for row in found[:-1]]
    assert [row["sequence"] for row in found] == list(range(1, len(found) + 1))
    events_of(owner)
    assert list(broken_events(owner.organization_id)) == []


def test_an_act_without_a_kind_has_its_own_name(owner: Membership) -> None:
    with organization_scope(owner.organization_id):
        record(
            owner.actor(), "factor.added", owner.user.contacts.model.objects.none().model(
                organization_id=owner.organization_id
            ),
            before={"factors": 0}, after={"factors": 1},
        )  # fmt: skip
    [entry] = entries(owner, "?action=factor.added")
    assert (entry["before"], entry["after"]) == ({"factors": 0}, {"factors": 1})


def test_r27_only_owner_and_admin_of_the_organization_read_it(
    owner: Membership, staff: Membership, accountant: Membership, alice: Membership,
    mallory: Membership, client_a: Client,
) -> None:  # fmt: skip
    with organization_scope(owner.organization_id):
        change(client_a, 1)
    [entry] = entries(owner, "?action=client.updated")
    for person in (staff, accountant, alice):
        assert api(person).get(AUDIT).status_code == 403
        assert api(person).get(f"{AUDIT}/{entry['id']}").status_code == 403
    foreign = api(mallory).get(f"{AUDIT}/{entry['id']}")
    missing = api(mallory).get(f"{AUDIT}/{uuid4()}")
    assert foreign.status_code == missing.status_code == 404
    assert entries(mallory, "?action=client.updated") == []
    assert api(owner).get(f"{AUDIT}/{entry['id']}").json()["data"] == entry


def test_it_is_filtered_by_person_object_and_time(owner: Membership, client_a: Client) -> None:
    api(owner).patch(f"/api/v1/clients/{client_a.id}", {"name": "B"})
    for query, number in (
        (f"?actor_id={owner.user_id}&kind=client.updated", 1),
        (f"?object_type=client&object_id={client_a.id}", 1),
        ("?object_type=invoice", 0),
        ("?kind=client.updated&created_after=2020-01-01T00:00:00Z", 1),
        ("?kind=client.updated&created_before=2020-01-01T00:00:00Z", 0),
    ):
        assert len(entries(owner, query)) == number, query
    assert api(owner).get(f"{AUDIT}?actor=me").status_code == 400


def test_its_pages_follow_each_other(owner: Membership, client_a: Client) -> None:
    with organization_scope(owner.organization_id):
        for number in range(5):
            change(client_a, number)
    events_of(owner)
    seen: list[int] = []
    cursor = ""
    while True:
        page = api(owner).get(f"{AUDIT}?kind=client.updated&limit=2{cursor}").json()
        seen += [row["sequence"] for row in page["data"]]
        following = page["meta"]["pagination"]["next_cursor"]
        if following is None:
            break
        cursor = f"&cursor={following}"
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5


def test_the_list_costs_the_same_for_many(owner: Membership, client_a: Client) -> None:
    client = api(owner)

    def grow() -> None:
        with organization_scope(owner.organization_id):
            change(client_a, 1)
        events_of(owner)

    assert_constant_queries(lambda: client.get(AUDIT), grow)


def test_an_erased_body_leaves_who_what_and_when(owner: Membership, client_a: Client) -> None:
    api(owner).patch(f"/api/v1/clients/{client_a.id}", {"name": "B"})
    events_of(owner)
    with organization_scope(owner.organization_id):
        Event.objects.update(body=None)
    [entry] = entries(owner, "?kind=client.updated")
    assert (entry["before"], entry["after"], entry["ip"]) == (None, None, None)
    assert entry["actor"]["id"] == str(owner.user_id)
    events_of(owner)
    assert list(broken_events(owner.organization_id)) == []


# -- what an event keeps beside its data ----------------------------------------------------


def test_values_before_and_after_go_to_no_reader_of_the_log(
    owner: Membership, alice: Membership, client_a: Client
) -> None:
    api(owner).patch(f"/api/v1/clients/{client_a.id}", {"name": "Before and after"})
    events_of(owner)
    told = api(alice).get("/api/v1/events?kind=client.updated").json()["data"]
    assert told[0]["data"] == {
        "id": str(client_a.id), "name": "Before and after", "changed": ["name"],
    }  # fmt: skip
    assert "127.0.0.1" not in str(told)


def test_no_value_can_pass_for_the_data_of_an_event(organization: Any, client_a: Client) -> None:
    trap = '","data":{"id":1},"x":"'
    with organization_scope(organization.id):
        revise(client_a, name=trap, custom={"a": 1, "data": {"id": 2}})
        publish(
            system(organization), "client.updated", client_a, id=client_a.id, name=trap,
            changed=["custom", "name"],
        )  # fmt: skip
    [event] = [event for event in events_of(organization) if event.kind == "client.updated"]
    import orjson

    assert orjson.loads(event.data)["name"] == trap
    assert orjson.loads(event.body)["after"]["name"] == trap
    assert list(broken_events(organization.id)) == []


def test_secrets_and_long_texts_are_not_repeated(organization: Any, client_a: Client) -> None:
    with organization_scope(organization.id):
        revise(client_a, notes="n" * 5000, tax_id="DE1")
        publish(
            system(organization), "client.updated", client_a, id=client_a.id, name="Acme",
            changed=["notes", "tax_id"],
        )  # fmt: skip
        change(client_a, 2)
    first, second = [e for e in events_of(organization) if e.kind == "client.updated"]
    assert len(first.body or "") < 1000
    assert '"tax_id":"DE1"' in (first.body or "")
    assert '"after"' not in (second.body or "")


@pytest.mark.parametrize(
    "column", ["password", "token_hash", "settings", "body", "api_key", "data"]
)
def test_columns_that_may_hold_secrets_are_never_told(column: str) -> None:
    from apps.core.models import SECRET

    assert SECRET.search(column)
