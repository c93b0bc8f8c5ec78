"""Projects on the old face: `active`, both ways of counting phases, both forms (traps 3 to 6)."""

from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.clients.services import archive_client
from apps.core.tenancy import organization_scope
from apps.projects.models import Phase, Project
from apps.projects.services import complete_action
from tests.conftest import events_of
from tests.node_api.old import begin_project, node


@pytest.fixture
def project(owner: Membership, client_a: Client) -> Project:
    return begin_project(owner, client_a, name="Brand refresh")


def changed(person: Membership, project: Project, **body: Any) -> Any:
    return node(person).put(f"/api/projects/{project.id}", body)


def test_a_running_project_is_active_to_the_pages(owner: Membership, client_a: Client) -> None:
    body = {"name": "Site", "client_id": str(client_a.id), "status": "active"}
    made = node(owner).post("/api/projects", body).json()["project"]
    assert made["status"] == "active"
    for word in ("active", "in_progress"):
        rows = node(owner).get("/api/projects", {"status": word}).json()["projects"]
        assert [row["id"] for row in rows] == [made["id"]]
    with organization_scope(owner.organization_id):
        assert Project.objects.get(id=made["id"]).status == "in_progress"


def test_both_forms_of_a_project_mean_the_same(owner: Membership, client_a: Client) -> None:
    page = {"budget": "1500.50", "deadline": "2027-06-30", "service_type": "branding"}
    old = {"budget_amount": 1500.5, "due_date": "2027-06-30", "project_type": "branding"}
    for form in (page, old):
        body = form | {"name": "x", "client_id": str(client_a.id)}
        row = node(owner).post("/api/projects", body).json()["project"]
        assert row["budget"] == 1500.5
        assert row["budget_amount"] == "1500.50"
        assert row["deadline"] == "2027-06-30"
        assert row["due_date"] == "2027-06-30T00:00:00.000Z"
        assert row["service_type"] == row["project_type"] == "branding"


def test_a_project_may_begin_on_hold(owner: Membership, client_a: Client) -> None:
    body = {"name": "x", "client_id": str(client_a.id), "status": "on_hold"}
    assert node(owner).post("/api/projects", body).json()["project"]["status"] == "on_hold"


def test_an_archived_or_foreign_client_is_400(
    owner: Membership, client_a: Client, mallory: Membership
) -> None:
    with organization_scope(owner.organization_id):
        archive_client(owner.actor(), client_a)
    for person in (owner, mallory):
        body = {"name": "x", "client_id": str(client_a.id)}
        answer = node(person).post("/api/projects", body)
        assert answer.status_code == 400
        assert answer.json()["error"] == "Invalid client ID or client is not active"


def test_a_put_changes_what_was_given(owner: Membership, project: Project) -> None:
    row = changed(owner, project, priority="high", timeline="", description="").json()["project"]
    assert (row["name"], row["priority"]) == ("Brand refresh", "high")
    assert row["description"] is None
    events = [event.kind for event in events_of(owner)]
    assert events.count("project.updated") == 1


def test_a_status_that_cannot_follow_is_409_with_a_message(
    owner: Membership, project: Project
) -> None:
    answer = changed(owner, project, status="review")
    assert answer.status_code == 409
    assert isinstance(answer.json()["message"], str)


def test_due_before_start_is_400_and_names_the_field(owner: Membership, project: Project) -> None:
    answer = changed(owner, project, start_date="2027-02-01", due_date="2027-01-01")
    assert answer.status_code == 400
    assert answer.json()["details"][0]["path"] == "due_date"


# -- phases -----------------------------------------------------------------------------------


def test_trap_3_the_list_counts_from_one_and_the_details_from_zero(
    owner: Membership, project: Project
) -> None:
    moved = node(owner).put(f"/api/projects/{project.id}/phase", {"phase": 3})
    assert moved.status_code == 200
    [row] = node(owner).get("/api/projects").json()["projects"]
    assert (row["current_phase"], row["current_phase_index"]) == (3, 2)
    details = node(owner).get(f"/api/projects/{project.id}/details").json()["project"]
    assert (details["current_phase"], details["current_phase_index"]) == (2, 2)
    assert [phase["status"] for phase in details["phases"]][:4] == [
        "completed", "completed", "in_progress", "not_started",
    ]  # fmt: skip


def test_the_portal_advances_by_index(owner: Membership, project: Project) -> None:
    path = f"/api/projects/{project.id}/advance-phase"
    assert node(owner).post(path, {"target_phase_index": 2}).status_code == 200
    with organization_scope(owner.organization_id):
        phases = list(Phase.objects.filter(project=project).order_by("position"))
    assert [phase.status for phase in phases[:3]] == ["skipped", "completed", "active"]
    assert phases[0].reason


@pytest.mark.parametrize(
    "body", [{}, {"target_phase_index": 8}, {"target_phase_index": -1}, {"target_phase_index": "x"}]
)
def test_a_wrong_target_is_400(body: Any, owner: Membership, project: Project) -> None:
    path = f"/api/projects/{project.id}/advance-phase"
    assert node(owner).post(path, body).status_code == 400


def test_a_project_does_not_move_back(owner: Membership, project: Project) -> None:
    client = node(owner)
    client.put(f"/api/projects/{project.id}/phase", {"phase": 3})
    answer = client.put(f"/api/projects/{project.id}/phase", {"phase": 2})
    assert answer.status_code == 400
    assert "later" in answer.json()["message"]


def test_trap_4_a_phase_awaits_approval_once_its_actions_are_done(
    owner: Membership, alice: Membership, project: Project
) -> None:
    tab = f"/api/projects/{project.id}/phases/1"
    before = node(alice).get(tab).json()
    assert before["phase"]["status"] == "in_progress"
    assert before["statistics"]["pending_actions"] == len(before["actions"]) == 3
    with organization_scope(alice.organization_id):
        for action in before["actions"]:
            complete_action(alice.actor(), project, "onboarding", action["key"])
    after = node(alice).get(tab).json()
    assert after["phase"]["status"] == "awaiting_approval"
    assert after["phase"]["progress_percentage"] == 100
    assert all(action["completed"] for action in after["actions"])


@pytest.mark.parametrize("number", ["0", "9", "x", "-1", "²"])
def test_a_phase_that_is_none_is_404(number: str, alice: Membership, project: Project) -> None:
    answer = node(alice).get(f"/api/projects/{project.id}/phases/{number}")
    assert answer.status_code == 404
    assert answer.json()["error"] == "Invalid phase number"


def test_a_deleted_project_is_gone(owner: Membership, project: Project) -> None:
    assert node(owner).delete(f"/api/projects/{project.id}").status_code == 200
    assert node(owner).get(f"/api/projects/{project.id}").status_code == 404
    assert node(owner).get("/api/projects").json()["projects"] == []
