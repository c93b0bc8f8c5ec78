"""Project teams, and staff who see only what they work on (R29)."""

from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.notifications.services import notify
from apps.projects.models import Project, ProjectMember
from tests.accounts.keys import refusal_of, with_key
from tests.conftest import access_token, api, assert_constant_queries, events_of
from tests.factories import make_member
from tests.files.factories import make_file
from tests.invoices.factories import make_invoice
from tests.node_api.old import node
from tests.projects.factories import make_project

PROJECTS = "/api/v1/projects"


@pytest.fixture
def project(client_a: Client) -> Project:
    return make_project(client_a, "Ours")


@pytest.fixture
def other(client_a: Client) -> Project:
    return make_project(client_a, "Others")


def switch(organization: Any, *, on: bool) -> None:
    organization.settings.setdefault("security", {})["staff_see_assigned_only"] = on
    organization.save(update_fields=["settings"])


def members(project: Project) -> str:
    return f"{PROJECTS}/{project.id}/members"


def join(project: Project, person: Membership, role: str = "member") -> ProjectMember:
    with organization_scope(project.organization_id):
        return ProjectMember.objects.create(
            organization_id=project.organization_id, project=project, user_id=person.user_id,
            role=role,
        )  # fmt: skip


def seen(caller: Any) -> set[str]:
    return {row["name"] for row in caller.get(PROJECTS).json()["data"]}


def test_r29_a_project_has_a_team(owner: Membership, staff: Membership, project: Project) -> None:
    made = api(owner).post(members(project), {"user_id": str(staff.user_id), "role": "lead"})
    assert made.status_code == 201
    assert made.json()["data"]["role"] == "lead"
    again = api(owner).post(members(project), {"user_id": str(staff.user_id)})
    assert refusal_of(again) == (409, "DUPLICATE", "project_member_taken")
    url = made["Location"]
    assert api(owner).patch(url, {"role": "member"}).json()["data"]["role"] == "member"
    assert api(owner).delete(url).status_code == 200
    assert api(owner).get(url).status_code == 404


def test_r29_a_lead_decides_who_works_with_him(
    owner: Membership, staff: Membership, project: Project
) -> None:
    colleague = make_member(owner.organization, "staff")
    body = {"user_id": str(colleague.user_id)}
    assert refusal_of(api(staff).post(members(project), body))[2] == "not_the_lead"
    place = join(project, staff, "member")
    assert refusal_of(api(staff).post(members(project), body))[2] == "not_the_lead"
    with organization_scope(owner.organization_id):
        ProjectMember.objects.filter(id=place.id).update(role="lead")
    assert api(staff).post(members(project), body).status_code == 201


def test_a_member_is_a_person_of_the_team(
    owner: Membership, alice: Membership, mallory: Membership, project: Project
) -> None:
    for stranger in (alice, mallory):
        answer = api(owner).post(members(project), {"user_id": str(stranger.user_id)})
        assert answer.json()["details"][0]["field"] == "user_id"
    for body in ({}, {"user_id": "x"}, {"user_id": str(owner.user_id), "role": "boss"}):
        assert api(owner).post(members(project), body).status_code == 400


def test_r29_a_viewer_of_a_project_changes_nothing_in_it(
    owner: Membership, staff: Membership, project: Project, other: Project
) -> None:
    join(project, staff, "viewer")
    body = {"priority": "high"}
    answer = api(staff).patch(f"{PROJECTS}/{project.id}", body)
    assert refusal_of(answer) == (403, "PERMISSION_DENIED", "project_viewer")
    phase = f"{PROJECTS}/{project.id}/phases/onboarding"
    assert api(staff).patch(phase, {"name": "Start"}).status_code == 403
    assert api(staff).post(f"{phase}/completions", {}).status_code == 403
    assert api(staff).delete(f"{PROJECTS}/{project.id}").status_code == 403
    assert api(staff).patch(f"{PROJECTS}/{other.id}", body).status_code == 200
    join(project, owner, "viewer")  # leaders are above it
    assert api(owner).patch(f"{PROJECTS}/{project.id}", body).status_code == 200


def test_r29_staff_see_only_assigned_projects_when_the_organization_says_so(
    owner: Membership, staff: Membership, accountant: Membership, alice: Membership,
    project: Project, other: Project,
) -> None:  # fmt: skip
    join(project, staff)
    caller = with_key(access_token(staff))
    assert seen(caller) == {"Ours", "Others"}
    switch(owner.organization, on=True)
    assert seen(caller) == {"Ours"}  # with the same session, at the next request
    assert caller.get(f"{PROJECTS}/{other.id}").status_code == 404
    assert caller.get(f"{PROJECTS}/{other.id}/phases").status_code == 404
    assert caller.patch(f"{PROJECTS}/{other.id}", {"priority": "high"}).status_code == 404
    assert caller.get(members(other)).status_code == 404
    for person in (owner, accountant, alice):
        assert seen(api(person)) == {"Ours", "Others"}
    switch(owner.organization, on=False)
    assert seen(caller) == {"Ours", "Others"}


def test_r29_the_manager_is_assigned(
    owner: Membership, staff: Membership, project: Project, other: Project
) -> None:
    switch(owner.organization, on=True)
    assert seen(api(staff)) == set()
    with organization_scope(owner.organization_id):
        Project.objects.filter(id=other.id).update(manager=staff.user)
    assert seen(api(staff)) == {"Others"}


def test_r29_what_hangs_on_a_hidden_project_is_hidden_too(
    owner: Membership, staff: Membership, alice: Membership, client_a: Client, project: Project,
    other: Project,
) -> None:  # fmt: skip
    join(project, staff)
    ours = make_file(owner, name="a.pdf", project_id=project.id)
    theirs = make_file(owner, name="b.pdf", project_id=other.id)
    free = make_file(owner, name="c.pdf", client_id=client_a.id)
    bill = make_invoice(client_a, project_id=other.id)
    switch(owner.organization, on=True)
    caller = api(staff)
    shown = {row["id"] for row in caller.get("/api/v1/files").json()["data"]}
    assert shown == {str(ours.id), str(free.id)}
    assert caller.get(f"/api/v1/files/{theirs.id}/content").status_code == 404
    assert caller.get(f"/api/v1/invoices/{bill.id}").status_code == 404
    assert caller.patch(f"/api/v1/files/{theirs.id}", {"name": "x.pdf"}).status_code == 404
    assert node(staff).get(f"/api/projects/{other.id}").status_code == 404
    assert node(staff).get(f"/api/projects/{project.id}").status_code == 200


def test_r29_who_begins_a_project_sees_it(
    owner: Membership, staff: Membership, client_a: Client
) -> None:
    switch(owner.organization, on=True)
    made = api(staff).post(PROJECTS, {"name": "New", "client_id": str(client_a.id)})
    assert made.status_code == 201
    assert seen(api(staff)) == {"New"}
    rows = api(staff).get(f"{made['Location']}/members").json()["data"]
    assert [(row["user_id"], row["role"]) for row in rows] == [(str(staff.user_id), "lead")]


def test_r29_neither_log_nor_notifications_tell_of_a_hidden_project(
    owner: Membership, staff: Membership, project: Project, other: Project
) -> None:
    join(project, staff)
    switch(owner.organization, on=True)
    for row in (project, other):
        api(owner).patch(f"{PROJECTS}/{row.id}", {"status": "in_progress"})
    notify(events_of(owner))
    told = api(staff).get("/api/v1/notifications").json()["data"]
    assert {row["object"]["id"] for row in told} == {str(project.id)}
    log = api(staff).get("/api/v1/events").json()["data"]
    assert all(str(other.id) not in str(row) for row in log)


def test_a_list_of_members_costs_the_same_for_any_number(
    owner: Membership, project: Project
) -> None:
    client = api(owner)
    assert_constant_queries(
        request=lambda: client.get(members(project)),
        grow=lambda: join(project, make_member(owner.organization, "staff")),
        at_most=2,
    )


def test_a_narrowed_list_stays_one_statement(
    owner: Membership, staff: Membership, client_a: Client
) -> None:
    switch(owner.organization, on=True)
    client = api(staff)
    assert_constant_queries(
        request=lambda: client.get(PROJECTS),
        grow=lambda: join(make_project(client_a), staff),
        at_most=2,
    )
