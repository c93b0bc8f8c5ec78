"""Starting conversations, seeing them, and what is unread (P74, R109)."""

from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.projects.models import Project
from tests.conftest import api, assert_constant_queries, events_of, keyed
from tests.factories import make_contact
from tests.messaging.factories import make_conversation, make_message

URL = "/api/v1/conversations"


def start(person: Membership, *others: Membership, **fields: Any) -> Any:
    body = {"participant_ids": [str(other.user_id) for other in others]} | fields
    return api(person).post(URL, body)


def make_project(client: Client) -> Project:
    with organization_scope(client.organization_id):
        return Project.objects.create(
            organization_id=client.organization_id, client=client, name="Site"
        )


def test_p74_a_contact_starts_a_conversation_with_the_team(
    alice: Membership, staff: Membership
) -> None:
    response = start(alice, staff, subject="Logo")
    assert response.status_code == 201, response.content
    data = response.json()["data"]
    assert response["Location"] == f"{URL}/{data['id']}"
    assert data["subject"] == "Logo"
    assert data["unread_count"] == 0
    assert data["last_message_at"] is None
    assert data["project_id"] is None
    assert sorted(person["name"] for person in data["participants"]) == [
        "Alice Tester", "Staff Tester",
    ]  # fmt: skip
    assert {person["role"] for person in data["participants"]} == {"client", "staff"}
    assert {"id", "created_at", "updated_at"} <= set(data)
    (event,) = [e for e in events_of(alice) if e.kind == "conversation.created"]
    assert event.audience == "user"
    assert set(event.user_ids) == {alice.user_id, staff.user_id}


def test_a_contact_may_write_to_people_of_his_own_company(
    alice: Membership, client_a: Client
) -> None:
    assert start(alice, make_contact(client_a, "anna")).status_code == 201


@pytest.mark.parametrize("whom", ["bob", "mallory", "accountant", "nobody"])
def test_whom_a_contact_may_not_write_to_reads_like_a_missing_person(
    whom: str, alice: Membership, request: pytest.FixtureRequest
) -> None:
    found = None if whom == "nobody" else request.getfixturevalue(whom)
    person = str(found.user_id) if found else str(uuid4())
    response = api(alice).post(URL, {"participant_ids": [person]})
    assert response.status_code == 400
    (fault,) = response.json()["details"]
    assert fault["field"] == "participant_ids"
    assert fault["message"] == "There is nobody with this id whom you may write to."


def test_the_team_may_not_write_to_people_of_another_studio(
    staff: Membership, mallory: Membership
) -> None:
    assert start(staff, mallory).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"participant_ids": []},
        {"participant_ids": "all"},
        {"participant_ids": ["no id"]},
        {"participant_ids": [str(uuid4()) for _ in range(51)]},
        {"participant_ids": [str(uuid4())], "subject": "x" * 201},
        {"participant_ids": [str(uuid4())], "color": "red"},
        {"participant_ids": [str(uuid4())], "project_id": str(uuid4())},
    ],
)
def test_p21_a_wrong_body_is_refused(body: Any, staff: Membership) -> None:
    response = api(staff).post(URL, body)
    assert response.status_code == 400
    assert response.json()["code"] == "VALIDATION_ERROR"


def test_talking_to_oneself_is_refused(staff: Membership) -> None:
    assert start(staff, staff).status_code == 400


def test_a_project_must_be_visible_and_of_the_contacts_company(
    staff: Membership, alice: Membership, bob: Membership, client_a: Client, client_b: Client
) -> None:
    site, other = make_project(client_a), make_project(client_b)
    assert start(alice, staff, project_id=str(site.id)).status_code == 201
    assert start(alice, staff, project_id=str(other.id)).status_code == 400
    assert start(staff, bob, project_id=str(site.id)).status_code == 400
    found = api(staff).get(f"{URL}?project_id={site.id}").json()["data"]
    assert [row["project_id"] for row in found] == [str(site.id)]


def test_only_participants_see_a_conversation_not_even_the_owner(
    owner: Membership, staff: Membership, alice: Membership
) -> None:
    url = f"{URL}/{make_conversation(staff, alice).id}"
    assert api(alice).get(url).status_code == 200
    assert api(owner).get(url).status_code == 404
    assert api(owner).get(URL).json()["data"] == []


def test_r109_unread_counts_others_messages_and_reading_clears_them(
    staff: Membership, alice: Membership
) -> None:
    conversation = make_conversation(staff, alice)
    first = make_message(conversation, staff, "One")
    make_message(conversation, staff, "Two")
    last = make_message(conversation, staff, "Three")
    url = f"{URL}/{conversation.id}"
    reader = api(alice)
    assert reader.get(url).json()["data"]["unread_count"] == 3
    assert api(staff).get(url).json()["data"]["unread_count"] == 0

    def read(message_id: object) -> int:
        answer = reader.post(f"{url}/reads", {"up_to": str(message_id)})
        return int(answer.json()["data"]["unread_count"])

    assert read(first.id) == 2
    assert read(last.id) == 0
    assert read(first.id) == 0  # a mark of an older page does not move back
    kinds = [event.kind for event in events_of(alice)]
    assert kinds.count("message.read") == 2
    assert [r["id"] for r in reader.get(f"{URL}?unread=true").json()["data"]] == []


def test_posting_reads_what_stood_before(staff: Membership, alice: Membership) -> None:
    conversation = make_conversation(staff, alice)
    make_message(conversation, staff)
    make_message(conversation, alice)
    assert api(alice).get(f"{URL}/{conversation.id}").json()["data"]["unread_count"] == 0


def test_a_message_of_another_conversation_is_no_read_mark(
    staff: Membership, alice: Membership, bob: Membership
) -> None:
    here, there = make_conversation(staff, alice), make_conversation(staff, bob)
    foreign = make_message(there, bob)
    response = api(staff).post(f"{URL}/{here.id}/reads", {"up_to": str(foreign.id)})
    assert response.status_code == 400
    assert response.json()["details"][0]["field"] == "up_to"


def test_p31_the_subject_changes_with_if_match_and_messages_do_not_make_it_stale(
    staff: Membership, alice: Membership
) -> None:
    conversation = make_conversation(staff, alice, subject="Old")
    url, client = f"{URL}/{conversation.id}", api(alice)
    tag = client.get(url)["ETag"]
    make_message(conversation, staff)
    changed = client.patch(url, {"subject": "New"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed.json()["data"]["subject"] == "New"
    assert client.put(url, {"subject": "Newer"}, headers={"If-Match": tag}).status_code == 412
    assert client.put(url, {}).status_code == 400
    assert client.get(url).json()["data"]["subject"] == "New"


def test_the_conversation_with_the_newest_message_comes_first(
    staff: Membership, alice: Membership, bob: Membership
) -> None:
    first, second = make_conversation(staff, alice), make_conversation(staff, bob)
    make_message(first, alice)
    listed = [row["id"] for row in api(staff).get(URL).json()["data"]]
    assert listed == [str(first.id), str(second.id)]


def test_p30_search_filters_and_unknown_parameters(staff: Membership, alice: Membership) -> None:
    make_conversation(staff, alice, subject="Blue logo")
    make_conversation(staff, alice, subject="Red card")
    client = api(staff)
    assert [r["subject"] for r in client.get(f"{URL}?q=logo").json()["data"]] == ["Blue logo"]
    assert len(client.get(f"{URL}?participant_id={alice.user_id}").json()["data"]) == 2
    assert client.get(f"{URL}?colour=red").json()["code"] == "INVALID_FILTER"
    assert client.get(f"{URL}?sort=subject").json()["code"] == "INVALID_FILTER"


def test_pages_of_conversations_hold_each_once(staff: Membership, alice: Membership) -> None:
    made = {str(make_conversation(staff, alice).id) for _ in range(5)}
    client, url, seen = api(staff), f"{URL}?limit=2", []
    while url:
        body = client.get(url).json()
        seen += [row["id"] for row in body["data"]]
        cursor = body["meta"]["pagination"]["next_cursor"]
        url = f"{URL}?limit=2&cursor={cursor}" if cursor else ""
    assert len(seen) == 5
    assert set(seen) == made


def test_listing_costs_two_queries(staff: Membership, alice: Membership) -> None:
    client = api(staff)

    def grow() -> None:
        make_message(make_conversation(staff, alice), alice)

    assert_constant_queries(lambda: client.get(URL), grow, at_most=2)


def test_an_idempotency_key_starts_one_conversation(staff: Membership, alice: Membership) -> None:
    client, headers = api(staff), keyed()
    body = {"participant_ids": [str(alice.user_id)]}
    answers = [client.post(URL, body, headers=headers) for _ in range(2)]
    assert answers[0].json()["data"] == answers[1].json()["data"]
    assert len(client.get(URL).json()["data"]) == 1
