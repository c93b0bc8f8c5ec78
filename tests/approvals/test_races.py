"""Answers and new versions at the same moment: real threads on real transactions (R50, R51)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import Membership
from apps.approvals.models import Approval
from apps.clients.models import Client, Contact
from apps.core.tenancy import organization_scope
from apps.events.services import expand
from tests.approvals.factories import make_approval
from tests.conftest import api
from tests.factories import make_contact
from tests.files.factories import FILES, make_shared_file, part

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run the works in threads that start together; return what they return."""
    barrier = threading.Barrier(len(works), timeout=20)

    def run(work: Callable[[], Any]) -> Any:
        try:
            barrier.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def answerer(person: Membership, approval: Approval) -> Callable[[], int]:
    client, place = api(person), f"/api/v1/approvals/{approval.id}/decisions"
    body = {"decision": "approved", "version": 1}
    return lambda: client.post(place, body).status_code


def status_of(approval: Approval) -> tuple[str, int]:
    with organization_scope(approval.organization_id):
        row = Approval.objects.get(id=approval.id)
        return row.status, row.decisions.count()


def test_r51_of_two_answers_at_once_any_takes_one(
    staff: Membership, alice: Membership, client_a: Client
) -> None:
    ann = make_contact(client_a, "ann", Contact.Role.ADMIN)
    approval = make_approval(staff, make_shared_file(staff, client_a), [alice, ann], rule="any")
    statuses = at_once(answerer(alice, approval), answerer(ann, approval))
    assert sorted(statuses) == [201, 409]
    assert status_of(approval) == ("approved", 1)


def test_r51_of_two_answers_at_once_all_takes_both(
    staff: Membership, alice: Membership, client_a: Client
) -> None:
    ann = make_contact(client_a, "ann", Contact.Role.ADMIN)
    approval = make_approval(staff, make_shared_file(staff, client_a), [alice, ann], rule="all")
    assert at_once(answerer(alice, approval), answerer(ann, approval)) == [201, 201]
    assert status_of(approval) == ("approved", 2)


def test_one_person_in_two_tabs_answers_once(
    staff: Membership, alice: Membership, client_a: Client
) -> None:
    approval = make_approval(staff, make_shared_file(staff, client_a), [alice])
    statuses = at_once(answerer(alice, approval), answerer(alice, approval))
    assert sorted(statuses) == [201, 409]
    assert status_of(approval)[1] == 1


def test_r50_an_answer_and_a_new_version_follow_each_other(
    staff: Membership, alice: Membership, client_a: Client
) -> None:
    file = make_shared_file(staff, client_a)
    approval = make_approval(staff, file, [alice])
    client, form = api(staff), {"file": part(b"%PDF-1.7 another")}
    answered, sent = at_once(
        answerer(alice, approval),
        lambda: client.post(f"{FILES}/{file.id}/versions", form, format="multipart").status_code,
    )
    assert sent == 201
    expand(staff.organization_id)  # the real consumer, with its cursor
    expected = {201: ("approved", 1), 409: ("superseded", 0)}
    assert status_of(approval) == expected[answered]
