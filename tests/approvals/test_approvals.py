"""Asking a client, his answer, and what both prove (P47, R49 to R51)."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import Membership
from apps.approvals.models import Approval
from apps.approvals.rules import Answers, outcome
from apps.approvals.services import supersede_after
from apps.clients.models import Client, Contact
from apps.core.tenancy import organization_scope
from apps.files.intake import EICAR
from apps.files.models import File
from tests.approvals.factories import APPROVALS, answer, ask, make_approval, rule_of
from tests.conftest import api, assert_constant_queries, events_of, keyed
from tests.factories import make_contact
from tests.files.factories import make_file, make_shared_file, make_version

C17 = {
    "id", "subject", "question", "terms", "rule", "quorum", "in_order", "approvers", "due_date",
    "sha256", "version", "status", "created_at", "updated_at",
}  # fmt: skip


@pytest.fixture
def file(staff: Membership, client_a: Client) -> File:
    return make_shared_file(staff, client_a)


@pytest.fixture
def ann(client_a: Client) -> Membership:
    return make_contact(client_a, "ann", Contact.Role.ADMIN)


def consume(person: Membership) -> None:
    """Let the consumer of `portal/subscribers.py` read what was published."""
    seen = [event for event in events_of(person) if event.kind == "file.version_added"]
    with organization_scope(person.organization_id):
        supersede_after(seen)


# -- asking ---------------------------------------------------------------------------------


def test_r49_a_question_names_the_bytes_it_is_about(
    staff: Membership, alice: Membership, ann: Membership, file: File
) -> None:
    response = ask(
        staff, file, ann, alice, terms="Final.", rule="quorum", quorum=2, in_order=True,
        due_date="2999-01-31",
    )  # fmt: skip
    assert response.status_code == 201, response.json()
    data = response.json()["data"]
    assert set(data) >= C17
    wanted = {
        "subject": {"type": "file_version", "id": str(file.current_id)},
        "sha256": file.current.sha256,  # type: ignore[union-attr]
        "version": 1, "status": "pending", "rule": "quorum", "quorum": 2, "in_order": True,
        "approvers": [str(ann.user_id), str(alice.user_id)], "due_date": "2999-01-31",
        "file_id": str(file.id), "project_id": str(file.project_id), "terms": "Final.",
        "decisions": [], "decided_at": None,
    }  # fmt: skip
    assert {name: data[name] for name in wanted} == wanted
    assert response["Location"] == f"{APPROVALS}/{data['id']}"
    assert api(alice).get(APPROVALS).json()["data"] == [data]
    event = next(event for event in events_of(staff) if event.kind == "approval.requested")
    assert (event.audience, event.client_id) == ("client", file.client_id)


def test_a_file_may_be_named_and_its_current_version_is_meant(
    staff: Membership, alice: Membership, file: File
) -> None:
    response = ask(staff, file, alice, subject={"type": "file_version", "id": str(file.id)})
    assert response.json()["data"]["subject"]["id"] == str(file.current_id)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"question": ""}, "question"),
        ({"approvers": []}, "approvers"),
        ({"approvers": ["me"]}, "approvers"),
        ({"approvers": [str(uuid4())]}, "approvers"),
        ({"rule": "most"}, "rule"),
        ({"rule": "quorum"}, "quorum"),
        ({"rule": "quorum", "quorum": 2}, "quorum"),
        ({"quorum": 1}, "quorum"),
        ({"quorum": 0, "rule": "quorum"}, "quorum"),
        ({"due_date": "2001-01-01"}, "due_date"),
        ({"subject": {"type": "invoice", "id": str(uuid4())}}, "subject.type"),
        ({"subject": {"type": "file_version", "id": str(uuid4())}}, "subject.id"),
        ({"subject": "it"}, "subject"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_p21_wrong_questions_are_refused_by_field(
    staff: Membership, alice: Membership, file: File, fields: dict[str, Any], named: str
) -> None:
    status, found = rule_of(ask(staff, file, alice, **fields))
    assert (status, found.startswith(named)) == (400, True), found


def test_only_people_who_may_answer_for_the_client_are_asked(
    staff: Membership, bob: Membership, client_a: Client, file: File
) -> None:
    viewer = make_contact(client_a, "vera", Contact.Role.VIEWER)
    for person in (bob, viewer, staff):
        assert rule_of(ask(staff, file, person)) == (400, "approvers")


def test_what_the_client_cannot_see_cannot_be_asked_about(
    staff: Membership, alice: Membership, client_a: Client
) -> None:
    hidden = make_file(staff, client_id=client_a.id)
    assert rule_of(ask(staff, hidden, alice)) == (422, "file_not_visible_to_client")
    inner = make_file(staff)
    assert rule_of(ask(staff, inner, alice)) == (422, "file_without_client")
    bad = make_file(staff, EICAR, client_id=client_a.id, visibility="client")
    assert rule_of(ask(staff, bad, alice)) == (422, "file_not_clean")


def test_an_old_version_cannot_be_asked_about(
    staff: Membership, alice: Membership, file: File
) -> None:
    make_version(staff, file)
    assert rule_of(ask(staff, file, alice)) == (422, "not_current_version")


def test_p30_filters(
    staff: Membership, alice: Membership, ann: Membership, file: File, client_a: Client
) -> None:
    first = make_approval(staff, file, [alice], question="The colours?")
    second = make_approval(staff, make_shared_file(staff, client_a), [ann])
    answer(ann, second.id)

    def found(query: str) -> list[str]:
        response = api(staff).get(f"{APPROVALS}?{query}")
        assert response.status_code == 200, response.json()
        return [row["id"] for row in response.json()["data"]]

    both = [str(second.id), str(first.id)]
    assert found(f"client_id={client_a.id}") == found("status=pending,approved") == both
    assert found("status=pending") == found(f"approver_id={alice.user_id}") == [both[1]]
    assert found(f"file_id={file.id}") == found(f"project_id={file.project_id}") == [both[1]]
    assert found("q=colours") == [both[1]]
    assert api(staff).get(f"{APPROVALS}?mine=true").status_code == 400


def test_the_list_costs_two_queries(staff: Membership, alice: Membership, file: File) -> None:
    client = api(staff)
    assert_constant_queries(
        lambda: client.get(APPROVALS), lambda: make_approval(staff, file, [alice]), at_most=2
    )


# -- answering ------------------------------------------------------------------------------


def test_r49_an_answer_stores_all_that_proves_it(
    staff: Membership, alice: Membership, file: File
) -> None:
    approval = make_approval(staff, file, [alice], terms="As shown.")
    response = api(alice).post(
        f"{APPROVALS}/{approval.id}/decisions",
        {"decision": "approved", "version": 1},
        headers=keyed() | {"User-Agent": "Browser 1"},
        REMOTE_ADDR="203.0.113.9",
    )
    assert response.status_code == 201, response.json()
    data = response.json()["data"]
    assert (data["status"], data["decisions"][0]["person"]) == ("approved", "Alice Tester")
    with organization_scope(staff.organization_id):
        row = Approval.objects.get(id=approval.id).decisions.get()
    stored = (row.question, row.terms, row.sha256, row.subject_version, row.method)
    assert stored == (approval.question, "As shown.", approval.sha256, 1, "password")
    assert (row.address, row.user_agent) == ("203.0.113.9", "Browser 1")
    event = events_of(staff)[-1]
    assert (event.kind, event.audience) == ("approval.decided", "client")


def test_an_answer_sent_twice_with_one_key_counts_once(
    staff: Membership, alice: Membership, file: File
) -> None:
    approval, client, headers = make_approval(staff, file, [alice]), api(alice), keyed()
    place, body = f"{APPROVALS}/{approval.id}/decisions", {"decision": "approved", "version": 1}
    first = client.post(place, body, headers=headers)
    second = client.post(place, body, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotent-Replayed"] == "true"


def test_p47_looking_at_a_question_answers_nothing(
    staff: Membership, alice: Membership, file: File
) -> None:
    approval = make_approval(staff, file, [alice])
    place = f"{APPROVALS}/{approval.id}"
    assert api(alice).get(f"{place}/decisions").status_code == 405
    api(alice).get(f"{place}/evidence")
    assert api(alice).get(place).json()["data"]["status"] == "pending"


@pytest.mark.parametrize("decision", ["rejected", "changes_requested"])
def test_a_no_needs_a_reason(
    staff: Membership, alice: Membership, file: File, decision: str
) -> None:
    approval = make_approval(staff, file, [alice])
    assert rule_of(answer(alice, approval.id, decision, comment=" ")) == (400, "comment")
    done = answer(alice, approval.id, decision, comment="Too dark.")
    assert done.json()["data"]["status"] == decision


@pytest.mark.parametrize(
    "fields", [{"version": 0}, {"version": "x"}, {"person": "Bob"}, {"decision": "maybe"}]
)
def test_p21_wrong_answers_are_refused(
    staff: Membership, alice: Membership, file: File, fields: dict[str, Any]
) -> None:
    approval = make_approval(staff, file, [alice])
    assert answer(alice, approval.id, **fields).status_code == 400


def test_only_the_asked_answer_once_and_about_the_right_version(
    staff: Membership, alice: Membership, ann: Membership, bob: Membership, file: File
) -> None:
    approval = make_approval(staff, file, [alice, ann], rule="all").id
    assert answer(bob, approval).status_code == 404
    assert answer(staff, approval).status_code == 403
    third = make_approval(staff, file, [ann]).id
    assert rule_of(answer(alice, third)) == (403, "not_an_approver")
    assert rule_of(answer(alice, approval, version=2)) == (409, "wrong_version")
    assert answer(alice, approval).status_code == 201
    assert rule_of(answer(alice, approval)) == (409, "already_answered")


def test_a_person_who_lost_his_role_may_not_answer(
    staff: Membership, alice: Membership, file: File, client_a: Client
) -> None:
    from apps.accounts.services import set_client_access

    approval = make_approval(staff, file, [alice]).id
    set_client_access(alice.organization_id, alice.user_id, client_a.id, Contact.Role.VIEWER)
    assert rule_of(answer(alice, approval)) == (403, "not_an_approver")


def test_r51_all_waits_for_everybody_and_any_for_one(
    staff: Membership, alice: Membership, ann: Membership, file: File
) -> None:
    everybody = make_approval(staff, file, [alice, ann], rule="all").id
    assert answer(alice, everybody).json()["data"]["status"] == "pending"
    assert answer(ann, everybody).json()["data"]["status"] == "approved"
    one = make_approval(staff, file, [alice, ann], rule="any").id
    assert answer(alice, one).json()["data"]["status"] == "approved"
    assert rule_of(answer(ann, one)) == (409, "not_open")


def test_r51_in_order_the_next_waits_for_the_one_before(
    staff: Membership, alice: Membership, ann: Membership, file: File
) -> None:
    approval = make_approval(staff, file, [ann, alice], rule="all", in_order=True).id
    assert rule_of(answer(alice, approval)) == (409, "not_your_turn")
    assert answer(ann, approval).status_code == 201
    assert answer(alice, approval).json()["data"]["status"] == "approved"


WORDS = st.sampled_from(["approved", "rejected", "changes_requested"])


@given(st.integers(1, 6), st.lists(WORDS, max_size=6), st.sampled_from(["all", "any", "quorum"]))
def test_r51_a_question_settles_when_no_missing_answer_can_change_it(
    asked: int, given_answers: list[str], rule: str
) -> None:
    given_answers = given_answers[:asked]
    quorum = (asked + 1) // 2
    missing = asked - len(given_answers)

    def settle(extra: str) -> str:
        full = (*given_answers, *[extra] * missing)
        return outcome(rule, quorum, Answers(asked, full))

    status = outcome(rule, quorum, Answers(asked, tuple(given_answers)))
    best, worst = settle("approved"), settle("rejected")
    assert best != "pending"
    assert worst != "pending"
    assert (status == "pending") == (best == "approved" and worst != "approved")
    assert status != "approved" or worst == "approved"


# -- new versions, withdrawal ---------------------------------------------------------------


def test_r50_a_new_version_supersedes_open_questions_and_tells_once(
    staff: Membership, alice: Membership, ann: Membership, file: File
) -> None:
    approval = make_approval(staff, file, [alice, ann], rule="all").id
    answer(alice, approval)
    make_version(staff, file)
    assert rule_of(answer(ann, approval)) == (409, "superseded")  # before the consumer ran
    consume(staff)
    consume(staff)
    data = api(ann).get(f"{APPROVALS}/{approval}").json()["data"]
    assert (data["status"], data["version"]) == ("superseded", 1)
    assert [row["person"] for row in data["decisions"]] == ["Alice Tester"]
    assert rule_of(answer(ann, approval)) == (409, "not_open")
    kinds = [event.kind for event in events_of(staff)]
    assert kinds.count("approval.superseded") == 1


def test_r50_a_question_about_the_new_version_stays_open(
    staff: Membership, alice: Membership, file: File
) -> None:
    make_version(staff, file)
    with organization_scope(staff.organization_id):
        newer = File.objects.get(id=file.id)
    approval = make_approval(staff, newer, [alice])
    consume(staff)
    assert answer(alice, approval.id, version=2).json()["data"]["status"] == "approved"


def test_a_deleted_file_can_no_longer_be_answered_about(
    staff: Membership, alice: Membership, file: File
) -> None:
    approval = make_approval(staff, file, [alice]).id
    api(staff).delete(f"/api/v1/files/{file.id}")
    assert rule_of(answer(alice, approval)) == (409, "superseded")


def test_a_withdrawn_question_is_closed(staff: Membership, alice: Membership, file: File) -> None:
    approval = make_approval(staff, file, [alice]).id
    place = f"{APPROVALS}/{approval}/withdrawals"
    assert api(staff).post(place, {}).status_code == 400
    done = api(staff).post(place, {"reason": "Asked too early."})
    assert (done.status_code, done.json()["data"]["status"]) == (201, "withdrawn")
    assert rule_of(api(staff).post(place, {"reason": "Again."})) == (409, "not_open")
    assert rule_of(answer(alice, approval)) == (409, "not_open")
