"""Lists with page numbers (README, pagination): shapes, borders, queries, and who sees what."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Membership
from apps.clients.models import Client
from tests.conftest import assert_constant_queries
from tests.factories import make_client, make_contact, make_member, make_organization
from tests.files.factories import PNG, make_file
from tests.node_api.old import begin_project, node, notify, say, send_invoice

Grow = Callable[[Membership, Client, Membership], object]
LISTS: dict[str, Grow] = {
    "projects": lambda owner, client, alice: begin_project(owner, client),
    "clients": lambda owner, client, alice: make_contact(make_client(owner.organization)),
    "files": lambda owner, client, alice: make_file(
        owner, PNG, project_id=begin_project(owner, client).id, visibility="client"
    ),
    "invoices": lambda owner, client, alice: send_invoice(owner, client),
    "messages/conversations": lambda owner, client, alice: say(alice, owner),
    "notifications": lambda owner, client, alice: notify(owner),
}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_two_queries_whatever_its_length(
    path: str, owner: Membership, alice: Membership, client_a: Client
) -> None:
    client = node(owner)
    assert_constant_queries(
        lambda: client.get(f"/api/{path}"), lambda: LISTS[path](owner, client_a, alice), at_most=2
    )


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_nothing_is_a_list(path: str, owner: Membership) -> None:
    body = node(owner).get(f"/api/{path}").json()
    assert body[path.rpartition("/")[2]] == []
    assert 0 in body["pagination"].values()


def test_the_five_shapes_of_pagination(
    owner: Membership, alice: Membership, client_a: Client
) -> None:
    for grow in LISTS.values():
        for _ in range(3):
            grow(owner, client_a, alice)
    found = {
        path: node(owner).get(f"/api/{path}?page=2&limit=1").json()["pagination"]
        for path in ("projects", "invoices", "messages/conversations", "notifications")
    }
    assert found["invoices"] == {"page": 2, "limit": 1, "total": 3, "pages": 3}
    assert found["messages/conversations"] == {
        "page": 2, "limit": 1, "total": 3, "totalPages": 3,
    }  # fmt: skip
    assert found["notifications"] == {
        "current_page": 2, "per_page": 1, "total_items": 3, "total_pages": 3,
        "has_next": True, "has_prev": True,
    }  # fmt: skip
    assert found["projects"] == {
        "currentPage": 2, "totalPages": 6, "totalProjects": 6, "limit": 1,
        "hasNextPage": True, "hasPrevPage": True,
    }  # fmt: skip


def test_pages_hold_every_row_once_newest_first(owner: Membership, client_a: Client) -> None:
    made = [begin_project(owner, client_a).name for _ in range(7)]
    pages = [[row["name"] for row in _projects(owner, page=page, limit=3)] for page in (1, 2, 3, 4)]
    assert [name for page in pages for name in page] == made[::-1]
    assert [len(page) for page in pages] == [3, 3, 1, 0]


def test_rows_are_sorted_by_name_either_way(owner: Membership, client_a: Client) -> None:
    for name in ("b", "a", "c"):
        begin_project(owner, client_a, name=name)
    assert [r["name"] for r in _projects(owner, sort="name", order="asc")] == ["a", "b", "c"]
    assert [r["name"] for r in _projects(owner, sort="name", order="DESC")] == ["c", "b", "a"]


def test_a_search_finds_its_text_and_takes_signs_as_they_are(
    owner: Membership, client_a: Client
) -> None:
    for name in ("50% off", "500 off", "a_b", "axb"):
        begin_project(owner, client_a, name=name)
    assert [row["name"] for row in _projects(owner, search="50%")] == ["50% off"]
    assert [row["name"] for row in _projects(owner, search="a_b")] == ["a_b"]


def test_the_total_follows_the_filter_and_the_person(
    owner: Membership, alice: Membership, client_a: Client, client_b: Client
) -> None:
    begin_project(owner, client_a, status="in_progress")
    begin_project(owner, client_a)
    begin_project(owner, client_b)
    totals = {
        (name, query): node(person)
        .get(f"/api/projects{query}")
        .json()["pagination"]["totalProjects"]
        for name, person in (("owner", owner), ("alice", alice))
        for query in ("", "?status=active", "?status=planning", "?priority=high")
    }
    assert [totals["owner", q] for q in ("", "?status=active", "?status=planning")] == [3, 1, 2]
    assert [totals["alice", q] for q in ("", "?status=active", "?status=planning")] == [2, 1, 1]
    assert totals["owner", "?priority=high"] == 0


def test_a_statement_that_was_compiled_for_one_studio_shows_another_only_its_own(
    owner: Membership, client_a: Client, mallory: Membership
) -> None:
    begin_project(owner, client_a, name="North's")
    begin_project(mallory, make_client(mallory.organization), name="South's")
    for person, name in ((owner, "North's"), (mallory, "South's"), (owner, "North's")):
        assert [row["name"] for row in _projects(person)] == [name]


def test_a_contact_of_two_companies_sees_both_and_one_of_none_sees_nothing(
    owner: Membership, client_a: Client, client_b: Client
) -> None:
    alone = make_contact(make_client(owner.organization))
    both = make_contact(client_a)
    both.client_ids, both.contact_roles = [client_a.id, client_b.id], ["member", "member"]
    both.save(update_fields=["client_ids", "contact_roles"])
    for client in (client_a, client_b):
        begin_project(owner, client)
    assert len(_projects(both)) == 2
    assert _projects(alone) == []
    alone.client_ids, alone.contact_roles = [], []
    alone.save(update_fields=["client_ids", "contact_roles"])
    assert _projects(alone) == []


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "page=0", "page=-1", "page=9999999999", "sort=secret",
     "order=up", "status=bogus", "status=bogus&limit=0", "search=" + "x" * 201],
)  # fmt: skip
def test_a_wrong_parameter_is_400(query: str, owner: Membership) -> None:
    answer = node(owner).get(f"/api/projects?{query}")
    assert answer.status_code == 400
    assert {detail["location"] for detail in answer.json()["details"]} == {"query"}


def test_an_empty_parameter_means_not_given(owner: Membership, client_a: Client) -> None:
    begin_project(owner, client_a)
    assert len(_projects(owner, status="", search="", limit="", page="")) == 1


def test_empty_members_are_left_out_of_the_lists_that_the_pages_cache(
    owner: Membership, client_a: Client
) -> None:
    begin_project(owner, client_a)
    [row] = _projects(owner)
    assert None not in row.values()
    assert "description" not in row
    assert "due_date" not in row


def test_a_late_page_is_one_statement(owner: Membership, client_a: Client) -> None:
    begin_project(owner, client_a)
    client = node(owner)
    client.get("/api/projects?page=1")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/api/projects?page=50").json()["projects"] == []
    assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) == 1


def test_a_new_studio_sees_no_row_of_another(owner: Membership, client_a: Client) -> None:
    begin_project(owner, client_a)
    stranger = make_member(make_organization("East"), "owner")
    for path in LISTS:
        assert node(stranger).get(f"/api/{path}").json()[path.rpartition("/")[2]] == []


def _projects(person: Membership, **query: Any) -> list[dict[str, Any]]:
    answer = node(person).get("/api/projects", query)
    assert answer.status_code == 200, answer.content
    return list(answer.json()["projects"])
