"""Conversations on the old face: pairs under the other one's id, groups under their own (P40)."""

from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.core.tenancy import organization_scope
from apps.messaging.models import Participant
from apps.messaging.services import send_message, start_conversation
from tests.node_api.old import NOWHERE, node, say

API = "/api/messages"


def listed(person: Membership) -> list[dict[str, Any]]:
    return list(node(person).get(f"{API}/conversations").json()["conversations"])


def texts(person: Membership, name: object) -> list[str]:
    answer = node(person).get(f"{API}/conversations/{name}")
    assert answer.status_code == 200, answer.content
    return [message["content"] for message in answer.json()["messages"]]


def test_a_pair_is_named_by_the_other_one(owner: Membership, alice: Membership) -> None:
    say(alice, owner, "When?")
    [row] = listed(owner)
    assert row["id"] == str(alice.user_id)
    assert row["participant_name"] == row["participant"]["name"] == "Alice Tester"
    assert row["participant_type"] == "client"
    assert row["last_message"] == {"content": "When?"}
    assert row["unread_count"] == 1
    [row] = listed(alice)
    assert (row["id"], row["participant_type"]) == (str(owner.user_id), "team")
    assert row["unread_count"] == 0
    assert texts(owner, alice.user_id) == texts(alice, owner.user_id) == ["When?"]


def test_an_older_pair_and_a_group_keep_their_own_ids(
    owner: Membership, alice: Membership, staff: Membership
) -> None:
    older, newer = say(alice, owner, "old"), say(alice, owner, "new")
    with organization_scope(owner.organization_id):
        group = start_conversation(
            owner.actor(), participant_ids=[alice.user_id, staff.user_id], subject="All"
        )
        send_message(owner.actor(), group.id, body="group")
    ids = {row["last_message"]["content"]: row["id"] for row in listed(alice)}
    assert ids == {
        "new": str(owner.user_id), "old": str(older.conversation_id), "group": str(group.id),
    }  # fmt: skip
    assert len(set(ids.values())) == 3
    for text, name in ids.items():
        assert texts(alice, name) == [text]
    assert texts(alice, newer.conversation_id) == ["new"]
    names = {row["participant_name"] for row in listed(alice)}
    assert names == {"Owner Tester", "Owner Tester, Staff Tester"}


def test_an_answer_goes_where_its_reader_looked(
    owner: Membership, alice: Membership, staff: Membership
) -> None:
    say(alice, owner, "private")
    with organization_scope(owner.organization_id):
        start_conversation(owner.actor(), participant_ids=[alice.user_id, staff.user_id])
    body = {"conversation_id": str(alice.user_id), "content": "only for you"}
    assert node(owner).post(API, body).status_code == 201
    assert texts(alice, owner.user_id) == ["private", "only for you"]
    assert node(staff).get(f"{API}/search?q=only").json()["messages"] == []


def test_messages_come_oldest_first_and_the_newest_page_first(
    owner: Membership, alice: Membership
) -> None:
    first = say(alice, owner, "0")
    with organization_scope(owner.organization_id):
        for n in range(1, 5):
            send_message(alice.actor(), first.conversation_id, body=str(n))
    path = f"{API}/conversations/{alice.user_id}"
    pages = [node(owner).get(f"{path}?limit=2&page={n}").json()["messages"] for n in (1, 2, 3)]
    assert [[m["content"] for m in page] for page in pages] == [["3", "4"], ["1", "2"], ["0"]]


def test_sender_type_says_who_works_for_the_studio(owner: Membership, alice: Membership) -> None:
    say(alice, owner, "hello")
    body = {"conversation_id": str(alice.user_id), "content": "<b>hi</b>; DROP TABLE x"}
    sent = node(owner).post(API, body).json()["message"]
    assert (sent["content"], sent["sender_type"]) == (body["content"], "admin")
    path = f"{API}/conversations/{owner.user_id}"
    found = node(alice).get(path).json()["messages"]
    assert [message["sender_type"] for message in found] == ["client", "admin"]


def test_reading_counts_down(owner: Membership, alice: Membership) -> None:
    say(owner, alice, "one")
    client = node(alice)
    assert client.get(f"{API}/unread-count").json() == {"unread_count": 1, "success": True}
    assert client.post(f"{API}/conversations/{owner.user_id}/read").status_code == 200
    assert client.get(f"{API}/unread-count").json()["unread_count"] == 0
    [message] = node(owner).get(f"{API}/conversations/{alice.user_id}").json()["messages"]
    assert message["is_read"] is True
    assert message["read_at"].endswith("Z")


def test_outside_callers_read_by_person_and_that_marks_as_read(
    owner: Membership, alice: Membership, staff: Membership
) -> None:
    say(owner, alice, "one")
    client = node(alice)
    body = client.get(f"{API}/conversation/{owner.user_id}").json()
    assert [message["content"] for message in body["messages"]] == ["one"]
    assert body["pagination"] == {"page": 1, "limit": 50, "total": 1, "totalPages": 1}
    assert client.get(f"{API}/unread-count").json()["unread_count"] == 0
    empty = client.get(f"{API}/conversation/{staff.user_id}").json()
    assert empty["messages"] == []


def test_a_message_to_a_person_begins_or_continues_their_conversation(
    owner: Membership, alice: Membership
) -> None:
    body = {"recipient_id": str(owner.user_id), "subject": "Hi", "content": "Hello"}
    for _ in range(2):
        answer = node(alice).post(f"{API}/send", body)
        assert answer.status_code == 201
        assert answer.json()["message"]["recipient_id"] == str(owner.user_id)
    assert len(listed(owner)) == 1
    assert texts(owner, alice.user_id) == ["Hello", "Hello"]


def test_nobody_writes_to_people_he_does_not_see(
    alice: Membership, bob: Membership, mallory: Membership
) -> None:
    for stranger in (bob.user_id, mallory.user_id, NOWHERE):
        body = {"recipient_id": str(stranger), "content": "x"}
        assert node(alice).post(f"{API}/send", body).status_code in {400, 404}
        form = {"recipient_type": "client", "recipient_id": str(stranger), "content": "x"}
        assert node(alice).post(f"{API}/conversations", form).status_code == 400
    with organization_scope(alice.organization_id):
        assert not Participant.objects.exists()


@pytest.mark.parametrize("word", ["admin", "support"])
def test_the_words_of_the_team_find_somebody(
    word: str, owner: Membership, staff: Membership, alice: Membership
) -> None:
    form = {"recipient_type": "team", "recipient_id": word, "subject": "Help", "content": "x"}
    answer = node(alice).post(f"{API}/conversations", form)
    expected = owner if word == "admin" else staff
    assert answer.json()["conversation_id"] == str(expected.user_id)
    assert texts(alice, expected.user_id) == ["x"]


def test_a_client_as_recipient_is_its_person(owner: Membership, alice: Membership) -> None:
    form = {
        "recipient_type": "client", "recipient_id": str(alice.client_ids[0]),
        "subject": "Hi", "content": "Hello",
    }  # fmt: skip
    answer = node(owner).post(f"{API}/conversations", form)
    assert answer.json()["conversation_id"] == str(alice.user_id)


def test_the_author_deletes_and_the_place_of_the_message_is_empty(
    owner: Membership, alice: Membership
) -> None:
    message = say(owner, alice, "oops")
    path = f"{API}/{message.id}"
    assert node(alice).delete(path).status_code == 403
    assert node(owner).delete(path).status_code == 200
    assert texts(alice, owner.user_id) == []
    assert listed(alice)[0]["last_message"] == {"content": ""}
    assert node(owner).delete(path).json()["error"] == "Message not found or access denied"


def test_a_received_message_is_read_once(owner: Membership, alice: Membership) -> None:
    message = say(owner, alice)
    assert node(owner).put(f"{API}/{message.id}/read").status_code == 404
    statuses = [node(alice).put(f"{API}/{message.id}/read").status_code for _ in range(2)]
    assert statuses == [200, 404]


@pytest.mark.parametrize("content", ["", None])
def test_an_empty_message_is_400(content: Any, owner: Membership, alice: Membership) -> None:
    say(owner, alice)
    body = {"conversation_id": str(alice.user_id), "content": content}
    answer = node(owner).post(API, body)
    assert answer.status_code == 400
    assert answer.json()["details"][0]["path"] == "content"
