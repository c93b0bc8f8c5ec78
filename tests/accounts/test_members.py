"""People's administration: roles, switching off, and handing over (R24, R29, R144)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import orjson
import pytest
from django.db import connection

from apps.accounts.errors import LastOwner
from apps.accounts.models import Membership
from apps.accounts.services import change_member
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.messaging.models import Participant
from apps.messaging.services import start_conversation
from apps.projects.models import Project, ProjectMember
from tests.accounts.keys import actions_told, make_key, make_service, refusal_of, with_key
from tests.conftest import access_token, api, events_of, present
from tests.factories import make_member
from tests.projects.factories import make_project

ME = "/api/v1/users/me"


@pytest.fixture
def admin(owner: Membership) -> Membership:
    return make_member(owner.organization, "admin", "admin")


def url(person: Membership) -> str:
    return f"/api/v1/users/{person.user_id}"


def changed(by: Membership, person: Membership, **changes: Any) -> Any:
    return api(by).patch(url(person), changes)


def test_r29_an_admin_changes_a_role_and_it_is_recorded(
    admin: Membership, staff: Membership
) -> None:
    answer = changed(admin, staff, role="accountant")
    assert answer.json()["data"]["role"] == "accountant"
    event = orjson.loads(events_of(admin)[-1].data)
    assert event["action"] == "member.changed"
    assert event["before"]["role"] == "staff"
    assert event["after"]["role"] == "accountant"


def test_r24_a_lowered_role_ends_all_sessions(admin: Membership, owner: Membership) -> None:
    token = access_token(admin)
    assert with_key(token).get(ME).status_code == 200
    assert changed(owner, admin, role="staff").status_code == 200
    assert with_key(token).get(ME).status_code == 401
    assert api(admin).get("/api/v1/service-accounts").status_code == 403


def test_a_raised_role_ends_no_session(owner: Membership, staff: Membership) -> None:
    token = access_token(staff)
    assert changed(owner, staff, role="admin").status_code == 200
    assert with_key(token).get("/api/v1/service-accounts").status_code == 200


def test_r24_a_person_who_is_switched_off_is_out_and_may_come_back(
    owner: Membership, staff: Membership
) -> None:
    token, (_key, text) = access_token(staff), make_key(staff)
    assert changed(owner, staff, is_active=False).json()["data"]["is_active"] is False
    assert with_key(token).get(ME).status_code == 401
    assert with_key(text).get("/api/v1/clients").status_code == 401
    assert changed(owner, staff, is_active=True).status_code == 200
    assert with_key(token).get(ME).status_code == 401  # its session stays ended
    assert api(staff).get(ME).status_code == 200


@pytest.mark.parametrize(
    ("by", "whom", "changes", "refusal"),
    [
        ("admin", "owner", {"role": "staff"}, (403, "PERMISSION_DENIED", "owner_only")),
        ("admin", "owner", {"is_active": False}, (403, "PERMISSION_DENIED", "owner_only")),
        ("admin", "staff", {"role": "owner"}, (403, "PERMISSION_DENIED", "owner_only")),
        ("admin", "admin", {"role": "staff"}, (403, "PERMISSION_DENIED", "own_role")),
        ("owner", "owner", {"role": "admin"}, (403, "PERMISSION_DENIED", "own_role")),
        ("owner", "owner", {"is_active": False}, (403, "PERMISSION_DENIED", "own_role")),
        ("staff", "accountant", {"role": "staff"}, (403, "PERMISSION_DENIED", "")),
        ("owner", "alice", {"role": "staff"}, (403, "PERMISSION_DENIED", "contact_stays_contact")),
        ("owner", "staff", {"role": "client"}, (403, "PERMISSION_DENIED", "contact_stays_contact")),
    ],
)
def test_r29_who_may_not_change_whom(
    by: str, whom: str, changes: dict[str, Any], refusal: tuple[int, str, str],
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    people = [request.getfixturevalue(name) for name in (by, whom)]
    code = (422, "BUSINESS_RULE") if refusal[2] == "contact_stays_contact" else refusal[:2]
    assert refusal_of(changed(*people, **changes)) == (*code, refusal[2])


def test_owners_change_owners_but_never_the_last_one(owner: Membership) -> None:
    second = make_member(owner.organization, "owner", "second")
    assert changed(owner, second, role="admin").status_code == 200
    assert changed(owner, second, role="owner").status_code == 200
    assert changed(second, owner, is_active=False).status_code == 200
    answer = api(second).patch(url(second), {"role": "admin"})
    assert refusal_of(answer)[2] == "own_role"


def test_the_last_active_owner_stays(owner: Membership) -> None:
    """Also before one who was an owner when he began."""
    other = make_member(owner.organization, "owner")
    actor = present(other)
    Membership.objects.filter(id=other.id).update(is_active=False)
    with organization_scope(owner.organization_id), pytest.raises(LastOwner):
        change_member(actor, owner, role="admin")


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_lower_each_other_leave_one(owner: Membership) -> None:
    second = make_member(owner.organization, "owner", "second")
    pairs = [(api(owner), second), (api(second), owner)]
    start = Barrier(2)

    def lower(number: int) -> int:
        caller, other = pairs[number]
        start.wait()
        try:
            return int(caller.patch(url(other), {"role": "staff"}).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(lower, range(2)))
    owners = Membership.objects.filter(organization=owner.organization, role="owner")
    assert owners.count() == 1
    assert statuses[0] == 200
    assert statuses[1] in {401, 403, 422}


def test_a_lost_admin_role_closes_the_admin_pages(owner: Membership, admin: Membership) -> None:
    opened = []
    for role in ("admin", "staff", "admin"):
        changed(owner, admin, role=role)
        admin.user.refresh_from_db()
        opened.append(admin.user.is_staff)
    assert opened == [True, False, True]


def test_put_replaces_and_unknown_fields_are_refused(owner: Membership, staff: Membership) -> None:
    client = api(owner)
    assert client.put(url(staff), {"role": "accountant"}).status_code == 400
    body = {"role": "accountant", "is_active": True}
    assert client.put(url(staff), body).json()["data"]["role"] == "accountant"
    for wrong in ({"email": "x@example.com"}, {"is_staff": True}, {"role": "root"}, {"role": None}):
        assert client.patch(url(staff), wrong).status_code == 400


def test_no_key_gives_a_role(owner: Membership, staff: Membership) -> None:
    _key, text = make_key(owner, "users:read", "users:write")
    assert with_key(text).get(url(staff)).status_code == 200
    answer = with_key(text).patch(url(staff), {"role": "admin"})
    assert refusal_of(answer) == (403, "PERMISSION_DENIED", "not_for_keys")


# -- leaving ---------------------------------------------------------------------------------


@pytest.fixture
def leaver(owner: Membership) -> Membership:
    return make_member(owner.organization, "staff", "leaver")


def departed(by: Membership, leaver: Membership, successor: Membership) -> Any:
    return api(by).post(f"{url(leaver)}/departures", {"successor_id": str(successor.user_id)})


def test_r144_a_leaving_colleague_hands_all_over_in_one_step(
    owner: Membership, staff: Membership, leaver: Membership, alice: Membership, client_a: Client
) -> None:
    project = make_project(client_a)
    place = make_project(client_a)
    with organization_scope(owner.organization_id):
        Project.objects.filter(id=project.id).update(manager=leaver.user)
        ProjectMember.objects.create(
            organization=owner.organization, project=place, user=leaver.user, role="lead"
        )
        ProjectMember.objects.create(
            organization=owner.organization, project=place, user=staff.user, role="viewer"
        )
        talk = start_conversation(leaver.actor(), participant_ids=[alice.user_id], subject="Hi")
    token, (_key, text) = access_token(leaver), make_key(leaver)
    answer = departed(owner, leaver, staff)
    assert answer.status_code == 201
    assert answer.json()["data"]["moved"] == {
        "api_keys": 1, "projects": 1, "project_places": 1, "conversations": 1,
    }  # fmt: skip
    assert with_key(token).get(ME).status_code == 401
    assert with_key(text).get("/api/v1/clients").status_code == 401
    with organization_scope(owner.organization_id):
        assert Project.objects.get(id=project.id).manager_id == staff.user_id
        roles = ProjectMember.objects.filter(project=place).values_list("user_id", "role")
        assert list(roles) == [(staff.user_id, "lead")]
        people = Participant.objects.filter(conversation=talk).values_list("user_id", flat=True)
        assert set(people) == {leaver.user_id, alice.user_id, staff.user_id}
        assert not Project.objects.filter(manager=leaver.user).exists()
    assert actions_told(owner)[-1] == "member.departed"
    assert api(staff).get(f"/api/v1/conversations/{talk.id}").status_code == 200


def test_r144_a_second_time_moves_what_came_later(
    owner: Membership, staff: Membership, leaver: Membership, client_a: Client
) -> None:
    departed(owner, leaver, staff)
    project = make_project(client_a)
    with organization_scope(owner.organization_id):
        Project.objects.filter(id=project.id).update(manager=leaver.user)
    assert departed(owner, leaver, staff).json()["data"]["moved"]["projects"] == 1


def test_r144_a_fault_on_the_way_leaves_everything_as_it_was(
    owner: Membership, staff: Membership, leaver: Membership, client_a: Client, settings: Any
) -> None:
    settings.HANDOVERS = (*settings.HANDOVERS, "tests.accounts.test_members.broken")
    project = make_project(client_a)
    with organization_scope(owner.organization_id):
        Project.objects.filter(id=project.id).update(manager=leaver.user)
    with pytest.raises(RuntimeError):
        departed(owner, leaver, staff)
    with organization_scope(owner.organization_id):
        assert Project.objects.get(id=project.id).manager_id == leaver.user_id
    assert Membership.objects.get(id=leaver.id).is_active


def broken(*_people: Any) -> dict[str, int]:
    raise RuntimeError("the last step fails")


def test_r144_a_successor_is_an_active_colleague(
    owner: Membership, staff: Membership, leaver: Membership, alice: Membership, mallory: Membership
) -> None:
    service = make_service(owner)
    Membership.objects.filter(id=staff.id).update(is_active=False)
    for wrong in (alice, mallory, leaver, service, staff):
        answer = departed(owner, leaver, wrong)
        assert answer.json()["details"][0]["field"] == "successor_id"
    assert Membership.objects.get(id=leaver.id).is_active


def test_r144_nobody_sends_himself_away_or_a_contact(
    owner: Membership, staff: Membership, alice: Membership
) -> None:
    assert refusal_of(departed(owner, owner, staff))[2] == "own_role"
    assert refusal_of(departed(owner, alice, staff))[2] == "contact_stays_contact"
    assert refusal_of(departed(staff, make_member(owner.organization, "staff"), owner))[0] == 403
