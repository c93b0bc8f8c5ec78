"""One effect however often a POST is sent (P32, R82)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connection

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core import clock
from apps.core.tenancy import organization_scope
from apps.events.models import IdempotencyKey
from apps.events.services import forget_keys
from tests.conftest import api

URL = "/api/v1/clients"
THREADS = 16


def send(person: Membership, key: str, body: dict[str, Any]) -> Any:
    return api(person).post(URL, body, headers={"Idempotency-Key": key})


def names(person: Membership) -> list[str]:
    with organization_scope(person.organization_id):
        rows = Client.objects.filter(organization_id=person.organization_id)
        return list(rows.values_list("name", flat=True))


def test_p32_a_repeat_gets_the_first_answer(owner: Membership) -> None:
    first, second = (send(owner, "k1", {"name": "Acme"}) for _ in range(2))
    assert second.content == first.content
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert second["Location"] == first["Location"]
    assert names(owner) == ["Acme"]


def test_the_order_of_members_makes_no_other_body(owner: Membership) -> None:
    send(owner, "k1", {"name": "Acme", "phone": "1"})
    assert send(owner, "k1", {"phone": "1", "name": "Acme"})["Idempotent-Replayed"] == "true"


def test_p32_another_body_is_refused(owner: Membership) -> None:
    send(owner, "k1", {"name": "Acme"})
    answer = send(owner, "k1", {"name": "Birch"})
    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_MISMATCH")
    assert names(owner) == ["Acme"]


def test_a_key_belongs_to_its_person(owner: Membership, staff: Membership) -> None:
    send(owner, "k1", {"name": "Acme"})
    assert "Idempotent-Replayed" not in send(staff, "k1", {"name": "Acme"})
    assert names(owner) == ["Acme", "Acme"]


def test_a_refused_request_leaves_its_key_free(owner: Membership) -> None:
    assert send(owner, "k1", {"name": ""}).status_code == 400
    assert send(owner, "k1", {"name": "Acme"}).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "ü"])
def test_a_key_that_is_none_is_refused(owner: Membership, key: str) -> None:
    answer = send(owner, key, {"name": "Acme"})
    assert answer.status_code in {400, 428}
    assert names(owner) == []


@pytest.mark.django_db(transaction=True)
def test_one_key_in_16_parallel_requests_gives_one_effect(owner: Membership) -> None:
    """Acceptance 22 of integration.md: the others are told to wait or get the replay."""
    start = Barrier(THREADS)

    def request(_number: int) -> tuple[int, bytes]:
        start.wait()
        try:
            answer = send(owner, "k1", {"name": "Acme"})
            return answer.status_code, answer.content if answer.status_code == 201 else b""
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(request, range(THREADS)))
    assert {status for status, _body in answers} <= {201, 409}
    assert len({body for status, body in answers if status == 201}) == 1
    assert names(owner) == ["Acme"]


@pytest.mark.django_db(transaction=True)
def test_the_key_of_a_killed_holder_is_taken_over_after_its_lease(owner: Membership) -> None:
    send(owner, "k1", {"name": "Acme"})
    with organization_scope(owner.organization_id):
        Client.objects.all().delete()
        IdempotencyKey.objects.update(state="running", status=None, body=None)
    running = send(owner, "k1", {"name": "Acme"})
    assert (running.status_code, running.json()["code"]) == (409, "IDEMPOTENCY_IN_PROGRESS")
    assert running["Retry-After"] == "1"
    with organization_scope(owner.organization_id):
        IdempotencyKey.objects.update(locked_until=clock.now() - timedelta(seconds=1))
    assert send(owner, "k1", {"name": "Acme"}).status_code == 201
    assert names(owner) == ["Acme"]


@pytest.mark.django_db(transaction=True)
def test_keys_are_forgotten_after_24_hours(owner: Membership) -> None:
    send(owner, "k1", {"name": "Acme"})
    assert forget_keys() == 0
    with organization_scope(owner.organization_id):
        IdempotencyKey.objects.update(created_at=clock.now() - timedelta(hours=25))
    assert forget_keys() == 1
    with time_machine.travel(clock.now() + timedelta(seconds=1), tick=True):
        assert "Idempotent-Replayed" not in send(owner, "k1", {"name": "Acme"})
