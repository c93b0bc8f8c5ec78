"""Sending, changing and deleting messages (P74, R105, R108, R112)."""

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core import clock
from apps.core.tenancy import organization_scope
from apps.files.models import File
from apps.messaging.models import Conversation, Message, Participant
from tests.conftest import api, assert_constant_queries, events_of
from tests.messaging.factories import make_conversation, make_message


@pytest.fixture
def conversation(staff: Membership, alice: Membership) -> Conversation:
    return make_conversation(staff, alice, subject="Logo")


def messages(conversation: Conversation) -> str:
    return f"/api/v1/conversations/{conversation.id}/messages"


def make_file(client: Client, by: Membership, visibility: str = "client") -> File:
    with organization_scope(client.organization_id):
        return File.objects.create(
            organization_id=client.organization_id, client=client, name="logo.svg",
            visibility=visibility, created_by=by.user,
        )  # fmt: skip


def test_p74_a_message_has_all_fields_of_c17(conversation: Conversation, alice: Membership) -> None:
    response = api(alice).post(messages(conversation), {"body": "Hello"})
    assert response.status_code == 201, response.content
    data = response.json()["data"]
    assert response["Location"] == f"{messages(conversation)}/{data['id']}"
    created = data.pop("created_at")
    assert created.endswith("Z")
    assert data.pop("updated_at") == created
    data.pop("id")
    assert data == {
        "conversation_id": str(conversation.id), "number": 1, "body": "Hello",
        "sender_id": str(alice.user_id), "sender": "Alice Tester", "attachments": [],
        "client_key": "", "read_by": [], "edited_at": None, "deleted_at": None,
    }  # fmt: skip
    sent = events_of(alice)[-1]
    assert (sent.kind, sent.audience) == ("message.sent", "user")
    assert "Hello" not in sent.body


def test_r105_the_same_client_key_gives_the_same_message(
    conversation: Conversation, alice: Membership, staff: Membership
) -> None:
    client, body = api(alice), {"body": "Once", "client_key": "tab-1"}
    first, again = (client.post(messages(conversation), body).json()["data"] for _ in range(2))
    assert first == again
    assert api(staff).post(messages(conversation), body).json()["data"]["number"] == 2
    assert len(client.get(messages(conversation)).json()["data"]) == 2


def test_messages_come_newest_first_and_are_found_by_text(
    conversation: Conversation, alice: Membership, staff: Membership
) -> None:
    for text in ("one", "two", "three"):
        make_message(conversation, staff, text)
    client, url = api(alice), messages(conversation)
    assert [m["body"] for m in client.get(url).json()["data"]] == ["three", "two", "one"]
    oldest = client.get(f"{url}?sort=number&limit=2").json()["data"]
    assert [m["number"] for m in oldest] == [1, 2]
    assert [m["body"] for m in client.get(f"{url}?q=TWO").json()["data"]] == ["two"]
    assert client.get(f"{url}?sender_id={alice.user_id}").json()["data"] == []
    assert client.get(f"{url}?sender=x").json()["code"] == "INVALID_FILTER"


def test_read_by_names_who_has_read_it(
    conversation: Conversation, alice: Membership, staff: Membership
) -> None:
    message = make_message(conversation, staff)
    url = f"/api/v1/conversations/{conversation.id}/reads"
    api(alice).post(url, {"up_to": str(message.id)})
    shown = api(staff).get(f"{messages(conversation)}/{message.id}").json()["data"]
    assert shown["read_by"] == [str(alice.user_id)]


def test_r108_the_author_edits_for_15_minutes(
    conversation: Conversation, alice: Membership, staff: Membership
) -> None:
    message = make_message(conversation, alice, "Helo")
    url, author = f"{messages(conversation)}/{message.id}", api(alice)
    edited = author.patch(url, {"body": "Hello"}).json()["data"]
    assert edited["body"] == "Hello"
    assert edited["edited_at"]
    assert api(staff).patch(url, {"body": "Hullo"}).json()["details"] == {"rule": "author_only"}
    with clock.moved(timedelta(minutes=14)):
        assert author.put(url, {"body": "Good"}).status_code == 200
    with clock.moved(timedelta(minutes=16)):
        late = author.put(url, {"body": "Late"})
        assert (late.status_code, late.json()["details"]) == (422, {"rule": "edit_window"})
        assert author.delete(url).status_code == 422
    assert [e.kind for e in events_of(alice)].count("message.edited") == 2


def test_a_deleted_message_keeps_its_place_and_loses_its_text(
    conversation: Conversation, alice: Membership
) -> None:
    message = make_message(conversation, alice, "Secret")
    make_message(conversation, alice, "Next")
    url, author = f"{messages(conversation)}/{message.id}", api(alice)
    assert author.delete(url).json()["data"] is None
    shown = author.get(url).json()["data"]
    assert (shown["body"], shown["attachments"], shown["number"]) == ("", [], 1)
    assert shown["deleted_at"]
    assert author.patch(url, {"body": "Back"}).status_code == 409
    assert author.delete(url).status_code == 409
    assert events_of(alice)[-1].kind == "message.deleted"


def test_p31_a_stale_edit_is_refused(conversation: Conversation, alice: Membership) -> None:
    message = make_message(conversation, alice)
    url, author = f"{messages(conversation)}/{message.id}", api(alice)
    tag = author.get(url)["ETag"]
    assert author.patch(url, {"body": "A"}, headers={"If-Match": tag}).status_code == 200
    assert author.patch(url, {"body": "B"}, headers={"If-Match": tag}).status_code == 412


def test_r112_attachments_are_files_that_the_sender_sees(
    conversation: Conversation, alice: Membership, staff: Membership, client_a: Client,
    client_b: Client,
) -> None:  # fmt: skip
    mine = make_file(client_a, alice)
    hidden = [make_file(client_b, staff), make_file(client_a, staff, "staff")]
    url, client = messages(conversation), api(alice)
    sent = client.post(url, {"body": "See", "attachments": [str(mine.id)]}).json()["data"]
    assert sent["attachments"] == [str(mine.id)]
    for foreign in [*(str(file.id) for file in hidden), str(uuid4())]:
        answer = client.post(url, {"body": "See", "attachments": [foreign]})
        assert answer.status_code == 400
        assert answer.json()["details"][0]["message"] == "There is no such file."
    replaced = client.put(f"{url}/{sent['id']}", {"body": "None"}).json()["data"]
    assert replaced["attachments"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"body": ""},
        {"body": " \n\t"},
        {"body": "x" * 20_001},
        {"body": 7, "extra": 1},
        {"body": "a\x00b"},
        {"body": "a", "attachments": [str(uuid4()) for _ in range(6)]},
        {"body": "a", "attachments": "file"},
        {"body": "a", "client_key": "k" * 65},
        {"body": "a", "client_key": ""},
    ],
)
def test_p21_a_wrong_message_is_refused(
    body: Any, conversation: Conversation, alice: Membership
) -> None:
    response = api(alice).post(messages(conversation), body)
    assert response.status_code == 400
    assert response.json()["code"] == "VALIDATION_ERROR"


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=TEXT.filter(lambda text: text.strip()))
def test_p21_any_text_comes_back_as_it_was_sent(
    text: str, conversation: Conversation, alice: Membership
) -> None:
    sent = api(alice).post(messages(conversation), {"body": text})
    assert sent.json()["data"]["body"] == text


def test_listing_messages_costs_two_queries(
    conversation: Conversation, alice: Membership, staff: Membership
) -> None:
    client = api(alice)
    assert_constant_queries(
        lambda: client.get(messages(conversation)),
        lambda: make_message(conversation, staff),
        at_most=2,
    )


def test_a_foreign_conversation_is_404_before_its_body_is_read(
    conversation: Conversation, mallory: Membership
) -> None:
    assert api(mallory).post(messages(conversation), {}).status_code == 404
    assert api(mallory).get(messages(conversation)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_messages_of_many_threads_get_dense_numbers(
    conversation: Conversation, alice: Membership, staff: Membership
) -> None:
    barrier, faults = threading.Barrier(4), []

    def post(person: Membership) -> None:
        try:
            client = api(person)
            barrier.wait()
            for _ in range(5):
                assert client.post(messages(conversation), {"body": "Go"}).status_code == 201
        except BaseException as error:  # noqa: BLE001  told to the main thread
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=[who]) for who in (alice, staff, alice, staff)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with organization_scope(alice.organization_id):
        numbers = Message.objects.order_by("number").values_list("number", flat=True)
        assert list(numbers) == list(range(1, 21))
        marks = Participant.objects.values_list("read_number", flat=True)
        assert max(marks) == 20


@pytest.mark.django_db(transaction=True)
def test_r105_of_one_key_in_two_threads_one_message_is_made(
    conversation: Conversation, alice: Membership
) -> None:
    barrier, ids = threading.Barrier(2), []

    def post() -> None:
        try:
            client = api(alice)
            barrier.wait()
            answer = client.post(messages(conversation), {"body": "Go", "client_key": "k"})
            ids.append(answer.json()["data"]["id"])
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 2
    assert len(set(ids)) == 1
