"""Projects over HTTP (P44, P30, C17, C18, R44)."""

from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from apps.projects.models import Project
from apps.projects.services import seed_catalog
from apps.projects.services.projects import TRANSITIONS
from tests.conftest import api, assert_constant_queries, events_of
from tests.projects.factories import advance, make_project

URL = "/api/v1/projects"
LISTED = {
    "id", "name", "description", "client_id", "client", "manager_id", "status", "priority",
    "service_type", "start_date", "due_date", "budget", "progress", "current_phase", "custom",
    "completed_at", "created_at", "updated_at",
}  # fmt: skip
DETAILED = LISTED | {"manager", "next_phase", "waiting_for", "open_actions"}


def kinds(person: Membership) -> list[str]:
    return [event.kind for event in events_of(person) if event.kind.startswith("project.")]


def full_body(client: Client, manager: Membership) -> dict[str, Any]:
    return {
        "name": "Rebrand «2027» 🎨 <b>",
        "client_id": str(client.id),
        "description": "Everything new; -- and 'more'",
        "manager_id": str(manager.user_id),
        "status": "in_progress",
        "priority": "urgent",
        "service_type": "LOGO",
        "start_date": "2027-01-01",
        "due_date": "2027-03-31",
        "budget": {"amount": 1_250_000, "currency": "CHF"},
        "custom": {"ref": "X-1"},
    }


def test_p44_a_new_project_comes_back_with_all_fields(
    staff: Membership, client_a: Client, organization: Organization
) -> None:
    seed_catalog(organization)
    body = full_body(client_a, staff)
    response = api(staff).post(URL, body, format="json")
    shown = response.json()["data"]
    assert response.status_code == 201, shown
    assert set(shown) == DETAILED
    assert {name: shown[name] for name in body} == body
    assert shown["client"] == {"id": str(client_a.id), "name": "Acme"}
    assert shown["manager"]["first_name"] == "Staff"
    assert (shown["progress"], shown["current_phase"]) == (0, "ONB")
    assert shown["next_phase"] == {"key": "RESEARCH", "name": "Research", "due_date": None}
    assert response["Location"] == f"{URL}/{shown['id']}"
    created = events_of(staff)[-1]
    assert (created.kind, created.audience) == ("project.created", "client")
    assert created.client_id == client_a.id


def test_r44_a_project_says_what_is_next_and_who_acts(alice: Membership, client_a: Client) -> None:
    project = make_project(client_a)
    client = api(alice)
    shown = client.get(f"{URL}/{project.id}").json()["data"]
    assert shown["waiting_for"] == "client"
    assert shown["next_phase"]["name"] == "Ideation"
    assert [action["key"] for action in shown["open_actions"]] == [
        "complete_brief", "sign_agreement", "submit_deposit",
    ]  # fmt: skip
    advance(project)
    shown = client.get(f"{URL}/{project.id}").json()["data"]
    assert (shown["waiting_for"], shown["open_actions"]) == ("team", [])
    advance(project, 7)
    shown = client.get(f"{URL}/{project.id}").json()["data"]
    assert (shown["waiting_for"], shown["next_phase"]) == (None, None)
    assert (shown["status"], shown["current_phase"], shown["progress"]) == ("completed", None, 100)


def test_a_list_shows_the_documented_fields(alice: Membership, client_a: Client) -> None:
    make_project(client_a)
    [row] = api(alice).get(URL).json()["data"]
    assert set(row) == LISTED
    assert row["client"] == {"id": str(client_a.id), "name": "Acme"}
    assert row["budget"] is None
    assert row["service_type"] is None
    assert row["manager_id"] is None
    assert isinstance(row["progress"], int)
    assert row["created_at"].endswith("Z")
    assert row["custom"] == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("client_id", "1"),
        ("client_id", "0193a1f0-0000-7000-8000-0000000000aa"),
        ("manager_id", "0193a1f0-0000-7000-8000-0000000000aa"),
        ("status", "active"),
        ("status", "completed"),
        ("priority", "huge"),
        ("service_type", "NONE"),
        ("start_date", "tomorrow"),
        ("due_date", "2026-12-31"),
        ("budget", 100),
        ("budget", {"amount": -1, "currency": "EUR"}),
        ("budget", {"amount": 1.5, "currency": "EUR"}),
        ("budget", {"amount": 1, "currency": "XXXX"}),
        ("custom", {"a": "\x00"}),
        ("progress", 50),
        ("current_phase", "design"),
    ],
)
def test_p21_a_wrong_field_is_named(
    staff: Membership, client_a: Client, field: str, value: Any
) -> None:
    body = {"name": "P", "client_id": str(client_a.id), "start_date": "2027-01-01"}
    refused = api(staff).post(URL, body | {field: value}, format="json")
    assert refused.status_code == 400, refused.json()
    assert refused.json()["code"] == "VALIDATION_ERROR"
    assert refused.json()["details"][0]["field"].startswith(field)


def test_a_contact_or_a_foreigner_cannot_manage_a_project(
    staff: Membership, alice: Membership, mallory: Membership, client_a: Client
) -> None:
    for person in (alice, mallory):
        body = {"name": "P", "client_id": str(client_a.id), "manager_id": str(person.user_id)}
        assert api(staff).post(URL, body).status_code == 400


def test_a_foreign_client_and_a_missing_one_are_told_alike(
    mallory: Membership, client_a: Client
) -> None:
    answers = []
    for client_id in (client_a.id, uuid4()):
        answer = api(mallory).post(URL, {"name": "P", "client_id": str(client_id)}).json()
        answers.append({name: answer[name] for name in ("code", "message", "details")})
    assert answers[0] == answers[1]


def test_nothing_begins_for_an_archived_client(staff: Membership, client_a: Client) -> None:
    client = api(staff)
    client.post(f"/api/v1/clients/{client_a.id}/archivals")
    refused = client.post(URL, {"name": "P", "client_id": str(client_a.id)})
    assert (refused.status_code, refused.json()["details"]["rule"]) == (422, "client_archived")


def test_put_replaces_and_patch_changes(
    staff: Membership, client_a: Client, organization: Organization
) -> None:
    seed_catalog(organization)
    client, body = api(staff), full_body(client_a, staff)
    url = f"{URL}/{client.post(URL, body, format='json').json()['data']['id']}"
    patched = client.patch(url, {"budget": {"amount": 5, "currency": "EUR"}}, format="json")
    assert patched.json()["data"]["budget"] == {"amount": 5, "currency": "EUR"}
    assert patched.json()["data"]["description"] == body["description"]
    kept = {name: body[name] for name in ("name", "client_id", "service_type")}
    replaced = client.put(url, kept, format="json").json()["data"]
    assert (replaced["budget"], replaced["due_date"], replaced["priority"]) == (
        None, None, "medium",
    )  # fmt: skip
    assert replaced["status"] == "in_progress"
    changed = [
        orjson.loads(event.data)["changed"] for event in events_of(staff) if "updated" in event.kind
    ]
    assert changed[0] == ["budget"]


def test_dates_are_compared_with_the_stored_ones(staff: Membership, client_a: Client) -> None:
    from datetime import date

    project = make_project(client_a, start_date=date(2027, 2, 1))
    refused = api(staff).patch(f"{URL}/{project.id}", {"due_date": "2027-01-31"})
    assert refused.status_code == 400
    assert refused.json()["details"][0]["field"] == "due_date"


def test_client_and_service_type_are_fixed(
    staff: Membership, client_a: Client, client_b: Client
) -> None:
    client, url = api(staff), f"{URL}/{make_project(client_a).id}"
    for body in ({"client_id": str(client_b.id)}, {"service_type": "WEB"}):
        refused = client.patch(url, body)
        assert (refused.status_code, refused.json()["details"]["rule"]) == (422, "fixed_field")


def test_p31_a_stale_edit_is_refused(staff: Membership, client_a: Client) -> None:
    client, url = api(staff), f"{URL}/{make_project(client_a).id}"
    tag = client.get(url)["ETag"]
    assert client.patch(url, {"name": "One"}, headers={"If-Match": tag}).status_code == 200
    assert client.patch(url, {"name": "Two"}, headers={"If-Match": tag}).status_code == 412


@pytest.mark.parametrize("before", Project.Status.values)
@pytest.mark.parametrize("after", Project.Status.values)
def test_p44_the_table_of_states_is_kept(
    staff: Membership, client_a: Client, before: str, after: str
) -> None:
    project = make_project(client_a)
    if before == "completed":
        advance(project, 8)
    with organization_scope(client_a.organization_id):
        Project.objects.filter(id=project.id).update(status=before)
    answer = api(staff).patch(f"{URL}/{project.id}", {"status": after})
    if before == after:
        expected = 200
    elif after not in TRANSITIONS[before]:
        expected = 409
    else:
        expected = 422 if after == "completed" else 200  # its last phase completes a project
    assert answer.status_code == expected, answer.json()
    if expected == 409:
        assert answer.json()["code"] == "INVALID_TRANSITION"
    if expected == 200:
        assert answer.json()["data"]["status"] == after
        changes = kinds(staff).count("project.status_changed")
        assert changes == (2 if before == "completed" else 0) + (before != after)


def test_a_reopened_project_is_in_its_last_phase_again(staff: Membership, client_a: Client) -> None:
    project = advance(make_project(client_a), 8)
    shown = api(staff).patch(f"{URL}/{project.id}", {"status": "in_progress"}).json()["data"]
    assert (shown["current_phase"], shown["progress"]) == ("delivery", 88)
    assert shown["completed_at"] is None
    assert advance(project).status == "completed"


def test_a_deleted_project_is_gone_and_can_come_back(
    staff: Membership, alice: Membership, client_a: Client
) -> None:
    client, contact, url = api(staff), api(alice), f"{URL}/{make_project(client_a).id}"
    early = client.post(f"{url}/restorations")
    assert (early.status_code, early.json()["details"]["rule"]) == (409, "nothing_to_restore")
    assert client.delete(url).json()["data"] is None
    for gone in (url, f"{url}/phases"):
        assert client.get(gone).status_code == 404
        assert contact.get(gone).status_code == 404
    assert client.get(URL).json()["data"] == []
    assert client.post(f"{url}/restorations").status_code == 201
    assert contact.get(url).status_code == 200


def test_a_project_of_a_deleted_client_stays_deleted(staff: Membership, client_a: Client) -> None:
    client, url = api(staff), f"{URL}/{make_project(client_a).id}"
    client.delete(url)
    client.delete(f"/api/v1/clients/{client_a.id}")
    refused = client.post(f"{url}/restorations")
    assert (refused.status_code, refused.json()["details"]["rule"]) == (409, "client_deleted")


def test_lists_differ_by_person(
    staff: Membership,
    alice: Membership,
    bob: Membership,
    mallory: Membership,
    client_a: Client,
    client_b: Client,
) -> None:
    make_project(client_a, "For A")
    make_project(client_b, "For B")
    seen = [
        [row["name"] for row in api(person).get(URL).json()["data"]]
        for person in (staff, alice, bob, mallory)
    ]
    assert seen == [["For B", "For A"], ["For A"], ["For B"], []]


def test_p30_filters_sorts_and_search(
    staff: Membership, client_a: Client, client_b: Client
) -> None:
    from datetime import date

    make_project(client_a, "Alpha", due_date=date(2027, 5, 1), priority="high")
    make_project(client_a, "Beta", due_date=date(2027, 4, 1), manager_id=staff.user_id)
    advance(make_project(client_b, "Gamma"))
    client = api(staff)

    def names(query: str) -> list[str]:
        return [row["name"] for row in client.get(f"{URL}?{query}").json()["data"]]

    assert names("sort=due_date") == ["Beta", "Alpha", "Gamma"]
    assert names("sort=-progress&limit=1") == ["Gamma"]
    assert names(f"client_id={client_a.id}&sort=name") == ["Alpha", "Beta"]
    assert names(f"manager_id={staff.user_id}") == ["Beta"]
    assert names("priority=high") == ["Alpha"]
    assert names("status=planning,in_progress&sort=name") == ["Alpha", "Beta", "Gamma"]
    assert names("current_phase=ideation") == ["Gamma"]
    assert names("due_before=2027-04-15") == ["Beta"]
    assert names("q=birch") == ["Gamma"]
    for query in ("colour=red", "status=active", "sort=budget", "client_id=7", "due_after=x"):
        refused = client.get(f"{URL}?{query}")
        assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_FILTER"), query


@pytest.mark.parametrize("sort", ["due_date", "-due_date", "progress", "-progress", "name"])
def test_paging_meets_each_project_once(staff: Membership, client_a: Client, sort: str) -> None:
    for number in range(5):
        make_project(client_a, f"Project {number % 2}")
    client, seen, cursor = api(staff), [], None
    for _ in range(5):
        query = f"sort={sort}&limit=2" + (f"&cursor={cursor}" if cursor else "")
        page = client.get(f"{URL}?{query}").json()
        seen += [row["id"] for row in page["data"]]
        cursor = page["meta"]["pagination"]["next_cursor"]
        if cursor is None:
            break
    assert (len(seen), len(set(seen))) == (5, 5)


def test_a_list_of_projects_costs_two_queries(staff: Membership, client_a: Client) -> None:
    client = api(staff)
    assert_constant_queries(lambda: client.get(URL), lambda: make_project(client_a), at_most=2)


def test_creating_a_project_costs_three_statements(staff: Membership, client_a: Client) -> None:
    client, body = api(staff), {"name": "P", "client_id": str(client_a.id)}
    client.post(URL, body)
    with CaptureQueriesContext(connection) as queries:
        assert client.post(URL, body).status_code == 201
    sql = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(sql) == 3, sql


def test_fields_keeps_the_named_ones(staff: Membership, client_a: Client) -> None:
    make_project(client_a)
    [row] = api(staff).get(f"{URL}?fields=id,name,client").json()["data"]
    assert set(row) == {"id", "name", "client"}
