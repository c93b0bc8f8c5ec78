"""Reads in one statement: a remembered session is believed only as far as the database agrees."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import authentication
from apps.accounts.models import Membership, Session
from apps.clients.models import Client
from apps.core import admission
from apps.core.admission import Confirmation
from apps.core.statements import Compiled
from tests.conftest import Api, access_token, api
from tests.factories import make_client

URL = "/api/v1/clients"


@pytest.fixture
def remembered(owner: Membership, client_a: Client) -> Api:
    """A caller whose session the process has seen already."""
    caller = api(owner)
    assert names(caller) == [client_a.name]
    return caller


def names(caller: Api) -> list[str]:
    return [row["name"] for row in caller.get(URL).json()["data"]]


def statements(caller: Api, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert caller.get(path).status_code == 200
    return [query["sql"] for query in queries]


def test_a_list_of_a_remembered_session_is_one_statement_without_a_transaction(
    remembered: Api,
) -> None:
    assert len(statements(remembered, f"{URL}?include_total=true")) == 1


def test_one_row_of_a_remembered_session_is_one_statement(
    remembered: Api, client_a: Client
) -> None:
    assert len(statements(remembered, f"{URL}/{client_a.id}")) == 1


@pytest.mark.parametrize("path", [URL, f"{URL}?limit=0", f"{URL}?cursor=x", f"{URL}?q="])
def test_an_ended_session_is_refused_at_once_whatever_it_asks(remembered: Api, path: str) -> None:
    Session.objects.update(revoked_at=timezone.now())
    answer = remembered.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize(
    "change",
    [
        {"role": "client", "client_ids": [], "contact_roles": []},
        {"is_active": False},
    ],
)
def test_a_lost_role_counts_with_the_next_request(
    remembered: Api, owner: Membership, change: dict[str, Any]
) -> None:
    Membership.objects.filter(id=owner.id).update(**change)
    answer = remembered.get(URL)
    assert answer.status_code == 401 or answer.json()["data"] == []


def test_a_company_more_or_less_counts_with_the_next_request(
    alice: Membership, client_a: Client
) -> None:
    caller, other = api(alice), make_client(client_a.organization, "Second")
    assert names(caller) == [client_a.name]
    ids, roles = [client_a.id, other.id], ["admin", "viewer"]
    Membership.objects.filter(id=alice.id).update(client_ids=ids, contact_roles=roles)
    assert sorted(names(caller)) == sorted([client_a.name, "Second"])
    Membership.objects.filter(id=alice.id).update(client_ids=ids[1:], contact_roles=roles[1:])
    assert names(caller) == ["Second"]


def test_a_stopped_organization_is_refused_with_the_next_request(
    remembered: Api, owner: Membership
) -> None:
    type(owner.organization).objects.filter(id=owner.organization_id).update(status="suspended")
    assert remembered.get(URL).status_code == 401


def test_two_organizations_on_one_connection_see_only_their_own(
    remembered: Api, mallory: Membership, client_a: Client
) -> None:
    theirs = make_client(mallory.organization, "Theirs")
    stranger = api(mallory)
    for _turn in range(7):  # beyond the number of runs after which a statement is prepared
        assert names(stranger) == [theirs.name]
        assert names(remembered) == [client_a.name]
    assert stranger.get(f"{URL}/{client_a.id}").status_code == 404


def test_row_security_enters_the_organization_before_the_first_row_is_read(
    remembered: Api, owner: Membership, mallory: Membership, client_a: Client
) -> None:
    """A statement that forgets every filter still shows the rows of one organization."""
    theirs, careless = make_client(mallory.organization, "Theirs"), "SELECT id FROM clients_client"
    known = []
    for member, own in ((mallory, theirs), (owner, client_a)):
        token = access_token(member)
        authentication.signed_in(token)
        known.append((authentication.recollection_of(token), own))
    for recollection, own in known * 12:
        assert recollection is not None
        assert Confirmation(recollection).run(Compiled(careless, ()), {}) == [(own.id,)]


def test_slow_reads_that_hold_every_turn_do_not_stop_the_others(
    remembered: Api, client_a: Client, settings: Any
) -> None:
    held = [admission._turn() for _ in range(settings.WEB_READS)]
    for turn in held:
        turn.__enter__()
    try:
        assert names(remembered) == [client_a.name]
    finally:
        for turn in held:
            turn.__exit__(None, None, None)


def test_a_refusal_of_a_remembered_caller_is_the_usual_one(remembered: Api) -> None:
    answer = remembered.get(f"{URL}?limit=0")
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_FILTER")
