"""Phases over HTTP, and the catalog (P45)."""

import threading
from contextlib import suppress
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.errors import DomainError
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from apps.projects.catalog import PHASE_LIBRARY, SERVICE_TYPES, STANDARD_PHASES
from apps.projects.catalog_forms import DOCUMENT_TEMPLATES, FORM_MODULES
from apps.projects.models import LibraryPhase, Phase, Project, ServiceType
from apps.projects.services import (
    change_project,
    complete_action,
    complete_phase,
    locked_project,
    seed_catalog,
)
from apps.projects.services.phases import progress_of
from tests.conftest import api, assert_constant_queries, events_of
from tests.factories import make_client, make_contact, make_member, make_organization
from tests.projects.factories import advance, do_actions, make_project

STANDARD = [
    "onboarding", "ideation", "design", "review", "production", "payment", "signoff", "delivery",
]  # fmt: skip
FIELDS = {
    "id", "key", "name", "position", "status", "requires_client_action", "due_date",
    "started_at", "completed_at", "completed_by", "reason", "actions", "created_at", "updated_at",
}  # fmt: skip


def phases_url(project: Project, *rest: str) -> str:
    return "/".join([f"/api/v1/projects/{project.id}/phases", *rest])


def complete(client: Any, project: Project, key: str, **body: Any) -> Any:
    return client.post(phases_url(project, key, "completions"), body, format="json")


def project_events(person: Membership) -> list[Any]:
    return [event for event in events_of(person) if event.kind.startswith("project.")]


def test_p45_a_project_starts_with_the_eight_standard_phases(
    alice: Membership, client_a: Client
) -> None:
    rows = api(alice).get(phases_url(make_project(client_a))).json()["data"]
    assert [row["key"] for row in rows] == STANDARD
    assert [row["status"] for row in rows] == ["active"] + ["pending"] * 7
    assert set(rows[0]) == FIELDS
    acting = [row["key"] for row in rows if row["requires_client_action"]]
    assert acting == ["onboarding", "review", "payment", "signoff", "delivery"]
    assert [row["key"] for row in rows if row["actions"]] == acting
    assert rows[0]["actions"][0] == {
        "key": "complete_brief", "description": "Complete project brief", "is_required": True,
        "completed_at": None, "completed_by": None,
    }  # fmt: skip


@pytest.mark.parametrize("service", SERVICE_TYPES, ids=lambda service: service.code)
def test_p45_a_service_type_brings_its_own_phases(
    staff: Membership, client_a: Client, organization: Organization, service: Any
) -> None:
    seed_catalog(organization)
    project = make_project(client_a, service_type=service.code)
    rows = api(staff).get(phases_url(project)).json()["data"]
    assert [row["key"] for row in rows] == list(service.phase_keys)


def test_completing_the_current_phase_begins_the_next(staff: Membership, client_a: Client) -> None:
    project = make_project(client_a)
    do_actions(project)
    answer = complete(api(staff), project, "onboarding", reason="All is here")
    shown = answer.json()["data"]
    assert answer.status_code == 201
    assert (shown["current_phase"], shown["progress"]) == ("ideation", 13)
    assert shown["status"] == "in_progress"
    first, second = api(staff).get(phases_url(project)).json()["data"][:2]
    assert (first["status"], first["completed_by"]) == ("completed", str(staff.user_id))
    assert first["reason"] == "All is here"
    assert (second["status"], second["started_at"] is None) == ("active", False)
    advanced, progress, status = project_events(staff)[-3:]
    assert advanced.kind == "project.phase_advanced"
    assert orjson.loads(advanced.data) == {
        "id": str(project.id), "client_id": str(client_a.id), "name": "Website",
        "from": "onboarding", "to": "ideation", "progress": 13,
    }  # fmt: skip
    assert (progress.kind, orjson.loads(progress.data)["progress"]) == (
        "project.progress_changed",
        13,
    )
    assert (status.kind, orjson.loads(status.data)["to"]) == (
        "project.status_changed",
        "in_progress",
    )


def test_the_last_phase_completes_the_project(staff: Membership, client_a: Client) -> None:
    project = make_project(client_a)
    seen = [advance(project).progress for _ in range(8)]
    assert seen == [13, 25, 38, 50, 63, 75, 88, 100]
    shown = api(staff).get(f"/api/v1/projects/{project.id}").json()["data"]
    assert (shown["status"], shown["current_phase"]) == ("completed", None)
    assert shown["completed_at"] is not None
    refused = complete(api(staff), project, "delivery")
    assert (refused.status_code, refused.json()["details"]["rule"]) == (409, "project_not_running")


@pytest.mark.parametrize("key", ["ideation", "delivery"])
def test_p45_an_illegal_jump_is_refused(staff: Membership, client_a: Client, key: str) -> None:
    refused = complete(api(staff), make_project(client_a), key)
    assert (refused.status_code, refused.json()["code"]) == (409, "INVALID_TRANSITION")
    assert refused.json()["details"]["current_phase"] == "onboarding"


def test_a_completed_phase_cannot_be_completed_again(staff: Membership, client_a: Client) -> None:
    project = advance(make_project(client_a))
    assert complete(api(staff), project, "onboarding").status_code == 409


def test_missing_client_actions_are_named(staff: Membership, client_a: Client) -> None:
    refused = complete(api(staff), make_project(client_a), "onboarding")
    body = refused.json()
    assert (refused.status_code, body["code"]) == (422, "BUSINESS_RULE")
    assert body["details"] == {
        "rule": "client_actions_missing", "phase": "onboarding",
        "actions": ["complete_brief", "sign_agreement", "submit_deposit"],
    }  # fmt: skip


def test_skipping_needs_a_reason(staff: Membership, client_a: Client) -> None:
    project, client = make_project(client_a), api(staff)
    for body in ({"skip": True}, {"skip": True, "reason": "  "}):
        refused = complete(client, project, "onboarding", **body)
        assert refused.status_code == 400
        assert refused.json()["details"][0]["field"] == "reason"
    assert complete(client, project, "onboarding", skip=True, reason="Known").status_code == 201
    row = client.get(phases_url(project)).json()["data"][0]
    assert (row["status"], row["reason"]) == ("skipped", "Known")


@pytest.mark.parametrize("body", [{"skip": "maybe"}, {"reason": "x" * 501}, {"phase": "design"}])
def test_p21_a_wrong_completion_is_refused(
    staff: Membership, client_a: Client, body: dict[str, Any]
) -> None:
    assert complete(api(staff), make_project(client_a), "onboarding", **body).status_code == 400


@pytest.mark.parametrize("status", ["on_hold", "cancelled"])
def test_a_resting_project_does_not_move(
    staff: Membership, alice: Membership, client_a: Client, status: str
) -> None:
    project = make_project(client_a)
    api(staff).patch(f"/api/v1/projects/{project.id}", {"status": status})
    refused = complete(api(staff), project, "onboarding", skip=True, reason="x")
    assert (refused.status_code, refused.json()["details"]["status"]) == (409, status)
    url = phases_url(project, "onboarding", "actions", "complete_brief", "completions")
    assert api(alice).post(url).status_code == 409


def test_unknown_keys_and_foreign_projects_are_not_found(
    staff: Membership, bob: Membership, client_a: Client
) -> None:
    project = make_project(client_a)
    assert complete(api(staff), project, "nothing").status_code == 404
    action = phases_url(project, "onboarding", "actions", "nothing", "completions")
    assert api(staff).post(action).status_code == 404
    assert complete(api(bob), project, "onboarding").status_code == 404
    assert api(bob).get(phases_url(project)).status_code == 404
    missing = f"/api/v1/projects/{uuid4()}/phases"
    assert api(staff).get(missing).status_code == 404


def test_a_client_completes_his_own_actions(
    alice: Membership, staff: Membership, client_a: Client
) -> None:
    project, client = make_project(client_a), api(alice)
    url = phases_url(project, "onboarding", "actions", "sign_agreement", "completions")
    answer = client.post(url)
    assert answer.status_code == 201
    done = {row["key"]: row for row in answer.json()["data"]["actions"]}["sign_agreement"]
    assert done["completed_by"] == str(alice.user_id)
    assert done["completed_at"].endswith("Z")
    again = client.post(url)
    assert (again.status_code, again.json()["details"]["rule"]) == (409, "action_completed")
    early = phases_url(project, "review", "actions", "provide_feedback", "completions")
    assert client.post(early).json()["details"]["rule"] == "phase_not_current"
    event = project_events(staff)[-1]
    assert event.kind == "project.phase_action_completed"
    assert (orjson.loads(event.data)["phase"], orjson.loads(event.data)["action"]) == (
        "onboarding",
        "sign_agreement",
    )


def test_a_phase_has_a_due_date_that_the_team_sets(
    staff: Membership, alice: Membership, client_a: Client
) -> None:
    client, url = api(staff), phases_url(make_project(client_a), "design")
    tag = client.get(url)["ETag"]
    patched = client.patch(url, {"due_date": "2027-03-01"}, headers={"If-Match": tag})
    assert patched.json()["data"]["due_date"] == "2027-03-01"
    assert client.patch(url, {"name": "Late"}, headers={"If-Match": tag}).status_code == 412
    replaced = client.put(url, {"name": "Drafts"}).json()["data"]
    assert (replaced["name"], replaced["due_date"]) == ("Drafts", None)
    for body in ({"status": "completed"}, {"due_date": "soon"}, {"name": ""}):
        assert client.patch(url, body).status_code == 400
    assert api(alice).get(url).json()["data"]["name"] == "Drafts"
    assert client.get(url.replace("design", "nothing")).status_code == 404
    assert client.patch(url.replace("design", "nothing"), {"name": "x"}).status_code == 404
    assert project_events(staff)[-1].kind == "project.updated"


def test_a_viewer_completes_nothing(client_a: Client) -> None:
    viewer = make_contact(client_a, "viewer", role="viewer")
    url = phases_url(
        make_project(client_a), "onboarding", "actions", "sign_agreement", "completions"
    )
    assert api(viewer).post(url).status_code == 403


def test_phases_cost_two_queries_and_page_by_position(staff: Membership, client_a: Client) -> None:
    project, client = make_project(client_a), api(staff)
    assert_constant_queries(
        lambda: client.get(phases_url(project)), lambda: make_project(client_a), at_most=2
    )
    seen: list[str] = []
    cursor = ""
    while len(seen) < 8:
        page = client.get(f"{phases_url(project)}?limit=3{cursor}").json()
        assert page["data"]
        seen += [row["key"] for row in page["data"]]
        cursor = f"&cursor={page['meta']['pagination']['next_cursor']}"
    assert seen == STANDARD


def test_the_catalog_is_complete_and_seeding_it_again_changes_nothing(
    alice: Membership, organization: Organization
) -> None:
    seed_catalog(organization)
    with organization_scope(organization.id):
        ServiceType.objects.filter(code="WEB").update(name="Our websites")
    seed_catalog(organization)
    client = api(alice)
    services = client.get("/api/v1/service-types?include_total=true&limit=5").json()
    assert services["meta"]["pagination"]["total"] == len(SERVICE_TYPES) == 11
    assert services["data"][0]["code"] == "COL"
    renamed = client.get("/api/v1/service-types?code=WEB").json()["data"]
    assert [row["name"] for row in renamed] == ["Our websites"]
    library = client.get("/api/v1/phase-library?is_standard=false&limit=100").json()["data"]
    assert [row["key"] for row in library] == [phase.key for phase in PHASE_LIBRARY]
    standard = client.get("/api/v1/phase-library?is_standard=true").json()["data"]
    assert [row["key"] for row in standard] == STANDARD == [p.key for p in STANDARD_PHASES]
    assert standard[0]["client_actions"][0]["key"] == "complete_brief"


def test_each_service_type_names_phases_of_the_library() -> None:
    keys = {phase.key for phase in PHASE_LIBRARY}
    assert len(keys) == 18
    for service in SERVICE_TYPES:
        assert set(service.phase_keys) <= keys


def test_forms_and_documents_of_the_catalog_name_known_services_and_phases() -> None:
    codes = {service.code for service in SERVICE_TYPES}
    keys = {phase.key for phase in PHASE_LIBRARY}
    for entry in (*FORM_MODULES, *DOCUMENT_TEMPLATES):
        assert set(entry["service_filters"] or ()) <= codes
        assert set(entry["phase_filters"] or ()) <= keys


@pytest.mark.parametrize("route", ["service-types", "phase-library"])
def test_lists_of_the_catalog_cost_two_queries(staff: Membership, route: str) -> None:
    client = api(staff)

    def grow() -> None:
        key = str(uuid4())[:8]
        with organization_scope(staff.organization_id):
            ServiceType.objects.create(organization=staff.organization, code=key, name=key)
            LibraryPhase.objects.create(organization=staff.organization, key=key, name=key)

    assert_constant_queries(lambda: client.get(f"/api/v1/{route}"), grow, at_most=2)
    assert client.get(f"/api/v1/{route}?colour=red").status_code == 400


@given(st.lists(st.sampled_from(Phase.Status.values), min_size=1, max_size=30))
def test_progress_is_a_share_and_whole_only_at_the_end(statuses: list[str]) -> None:
    phases = [Phase(status=status) for status in statuses]
    settled = sum(status in {"completed", "skipped"} for status in statuses)
    progress = progress_of(phases)
    assert 0 <= progress <= 100
    assert (progress == 100) == (settled == len(statuses))
    assert abs(progress - 100 * settled / len(statuses)) <= 1


STEPS = st.lists(
    st.tuples(st.sampled_from(["complete", "skip", "act", "reopen"]), st.integers(0, 7)),
    max_size=25,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_p45_whatever_is_tried_one_phase_is_current(
    client_a: Client, owner: Membership, steps: list[tuple[str, int]]
) -> None:
    actor, project = owner.actor(), make_project(client_a)
    with organization_scope(client_a.organization_id):
        for step, place in steps:
            row = locked_project(actor, project.id)
            with suppress(DomainError):
                if step == "reopen":
                    change_project(actor, row, status="in_progress")
                elif step == "act":
                    for action in row.phases.get(position=place).actions.all():
                        complete_action(actor, row, STANDARD[place], action.key)
                else:
                    skip = step == "skip"
                    complete_phase(actor, row, STANDARD[place], skip=skip, reason="Tried")
            row = locked_project(actor, project.id)
            phases = list(row.phases.order_by("position"))
            current = [phase.key for phase in phases if phase.status == "active"]
            assert current == ([row.current_phase] if row.status != "completed" else [])
            assert row.progress == progress_of(phases)
            settled = [phase.status in {"completed", "skipped"} for phase in phases]
            assert settled == sorted(settled, reverse=True)


@pytest.mark.django_db(transaction=True)
def test_of_two_completions_at_once_one_wins() -> None:
    organization = make_organization()
    owner, company = make_member(organization, "owner"), make_client(organization)
    project = make_project(company)
    barrier, statuses = threading.Barrier(2), []

    def run() -> None:
        client = api(owner)
        barrier.wait()
        statuses.append(
            complete(client, project, "onboarding", skip=True, reason="Both").status_code
        )
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409]
    with organization_scope(organization.id):
        assert Phase.objects.filter(project=project, status="active").get().key == "ideation"
