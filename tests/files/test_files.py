"""Files as rows: lists, changes, versions, deletion and restoration."""

from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.files.intake import EICAR
from apps.files.models import FileVersion
from tests.conftest import api, assert_constant_queries, events_of
from tests.files.factories import (
    FILES,
    PDF,
    PNG,
    body_of,
    file_events,
    make_file,
    make_project,
    make_shared_file,
    make_version,
    part,
    upload,
)


def names(person: Membership, query: str = "") -> list[str]:
    response = api(person).get(f"{FILES}{query}")
    assert response.status_code == 200, response.json()
    return [row["name"] for row in response.json()["data"]]


def test_a_contact_sees_what_is_shared_with_his_company(
    staff: Membership, alice: Membership, bob: Membership, mallory: Membership, client_a: Client
) -> None:
    make_shared_file(staff, client_a, name="shared.pdf")
    make_file(staff, name="inner.pdf", client_id=client_a.id)
    assert names(alice) == ["shared.pdf"]
    assert names(staff) == ["inner.pdf", "shared.pdf"]
    assert names(bob) == names(mallory) == []


def test_p30_filters_search_and_sorts(staff: Membership, client_a: Client) -> None:
    project = make_project(client_a)
    make_file(staff, PDF, "b.pdf", project_id=project.id, folder="Brand", tags=["logo"])
    make_file(staff, PNG, "a.png", client_id=client_a.id, visibility="client")
    make_file(staff, EICAR, "virus.txt")
    assert names(staff, f"?project_id={project.id}") == ["b.pdf"]
    assert names(staff, f"?client_id={client_a.id}&sort=name") == ["a.png", "b.pdf"]
    assert names(staff, "?folder=Brand") == names(staff, "?tag=logo") == ["b.pdf"]
    assert names(staff, "?visibility=client") == names(staff, "?name=a.png") == ["a.png"]
    assert names(staff, "?scan_status=infected") == ["virus.txt"]
    assert names(staff, "?content_type=application/pdf") == names(staff, "?q=B.PD") == ["b.pdf"]
    assert names(staff, f"?created_by_id={staff.user_id}&sort=size")[-1] == "b.pdf"
    assert names(staff, "?created_after=2999-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query", ["color=red", "visibility=all", "project_id=x", "sort=sha256", "limit=0"]
)
def test_p30_an_unknown_parameter_is_refused(staff: Membership, query: str) -> None:
    response = api(staff).get(f"{FILES}?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_FILTER")


def test_lists_cost_two_queries(staff: Membership) -> None:
    client = api(staff)
    assert_constant_queries(lambda: client.get(FILES), lambda: make_file(staff), at_most=2)


def test_the_list_shows_what_the_detail_shows(staff: Membership) -> None:
    file = make_file(staff, tags=["one"])
    shown = api(staff).get(f"{FILES}/{file.id}").json()["data"]
    assert api(staff).get(FILES).json()["data"] == [shown]


def test_patch_changes_and_put_replaces(staff: Membership) -> None:
    place = f"{FILES}/{make_file(staff, tags=['one'], folder='Brand').id}"
    changed = api(staff).patch(place, {"name": "new.pdf", "visibility": "client"}).json()["data"]
    assert (changed["name"], changed["visibility"], changed["tags"]) == (
        "new.pdf", "client", ["one"],
    )  # fmt: skip
    replaced = api(staff).put(place, {"name": "other.pdf"}).json()["data"]
    assert (replaced["visibility"], replaced["tags"], replaced["folder"]) == ("staff", [], "")
    assert events_of(staff)[-1].kind == "audit.recorded"


@pytest.mark.parametrize(
    "body", [{"name": ""}, {"name": "a\x00"}, {"name": "é" * 200}, {"sha256": "x"}, {"size": 1}]
)
def test_p21_wrong_changes_are_refused(staff: Membership, body: dict[str, Any]) -> None:
    file = make_file(staff)
    assert api(staff).patch(f"{FILES}/{file.id}", body).status_code == 400


def test_put_needs_a_name(staff: Membership) -> None:
    assert api(staff).put(f"{FILES}/{make_file(staff).id}", {"folder": "x"}).status_code == 400


def test_p31_a_stale_change_is_412(staff: Membership) -> None:
    place = f"{FILES}/{make_file(staff).id}"
    tag = api(staff).get(place)["ETag"]
    statuses = [
        api(staff).patch(place, {"name": name}, headers={"If-Match": tag}).status_code
        for name in ("a.pdf", "b.pdf")
    ]
    assert statuses == [200, 412]


def test_a_contact_changes_his_own_upload_and_no_other(
    staff: Membership, alice: Membership, client_a: Client
) -> None:
    own = upload(alice).json()["data"]
    changed = api(alice).patch(f"{FILES}/{own['id']}", {"name": "x.pdf", "visibility": "staff"})
    assert (changed.status_code, changed.json()["data"]["visibility"]) == (200, "client")
    other = make_shared_file(staff, client_a)
    refused = api(alice).patch(f"{FILES}/{other.id}", {"name": "x.pdf"})
    assert refused.json()["details"]["rule"] == "not_your_upload"
    assert api(alice).delete(f"{FILES}/{own['id']}").status_code == 200


def test_a_deleted_file_is_gone_until_it_is_restored(
    staff: Membership, alice: Membership, client_a: Client
) -> None:
    file = make_shared_file(staff, client_a)
    place = f"{FILES}/{file.id}"
    assert api(staff).delete(place).json()["data"] is None
    assert api(staff).get(place).status_code == 404
    assert api(alice).get(f"{place}/content").status_code == 404
    assert api(alice).post(f"{place}/restorations").status_code == 404
    restored = api(staff).post(f"{place}/restorations")
    assert (restored.status_code, restored.json()["data"]["id"]) == (201, str(file.id))
    again = api(staff).post(f"{place}/restorations")
    assert (again.status_code, again.json()["code"]) == (409, "INVALID_TRANSITION")


def test_a_new_upload_never_joins_a_deleted_file(staff: Membership) -> None:
    first = upload(staff).json()["data"]
    api(staff).delete(f"{FILES}/{first['id']}")
    second = upload(staff).json()["data"]
    assert (second["id"] != first["id"], second["version"]) == (True, 1)


def test_r67_versions_are_listed_newest_first_and_fetched_by_number(staff: Membership) -> None:
    file = make_file(staff, PDF)
    sent = api(staff).post(
        f"{FILES}/{file.id}/versions", {"file": part(PNG, "any.png")}, format="multipart"
    )
    assert (sent.status_code, sent.json()["data"]["number"]) == (201, 2)
    assert sent["Location"] == f"{FILES}/{file.id}/versions/2/content"
    rows = api(staff).get(f"{FILES}/{file.id}/versions").json()["data"]
    assert [row["number"] for row in rows] == [2, 1]
    first, second = (
        body_of(api(staff).get(f"{FILES}/{file.id}/versions/{number}/content")) for number in (1, 2)
    )
    assert (first, second) == (PDF, PNG)
    assert api(staff).get(f"{FILES}/{file.id}/versions/3/content").status_code == 404


def test_r67_an_old_version_is_made_current_under_the_next_number(staff: Membership) -> None:
    file = make_file(staff, PDF)
    make_version(staff, file, PNG)
    place = f"{FILES}/{file.id}/versions"
    sent = api(staff).post(f"{place}/1/restorations")
    assert (sent.status_code, sent.json()["data"]["number"]) == (201, 3)
    assert body_of(api(staff).get(f"{FILES}/{file.id}/content")) == PDF
    assert file_events(staff)[-1] == "file.version_added"
    assert api(staff).post(f"{place}/9/restorations").status_code == 404


def test_r67_a_harmful_version_is_never_made_current(staff: Membership) -> None:
    file = make_file(staff, EICAR, "x.txt")
    assert api(staff).post(f"{FILES}/{file.id}/versions/1/restorations").status_code == 404


def test_versions_cost_two_queries(staff: Membership) -> None:
    client, file = api(staff), make_file(staff)
    assert_constant_queries(
        lambda: client.get(f"{FILES}/{file.id}/versions"),
        lambda: make_version(staff, file),
        at_most=2,
    )


def test_versions_of_a_foreign_or_unknown_file_are_404(
    staff: Membership, bob: Membership, client_a: Client
) -> None:
    file = make_shared_file(staff, client_a)
    for person, pk in ((bob, file.id), (staff, uuid4())):
        place = f"{FILES}/{pk}/versions"
        assert api(person).get(place).status_code == 404
        assert api(person).post(place, {"file": part()}, format="multipart").status_code == 404


def test_r65_a_harmful_version_takes_a_number_and_never_the_place_of_a_good_one(
    staff: Membership, alice: Membership, client_a: Client
) -> None:
    file = make_shared_file(staff, client_a)
    place = f"{FILES}/{file.id}/versions"
    sent = api(staff).post(place, {"file": part(EICAR, "x.txt")}, format="multipart")
    assert sent.json()["data"]["scan_status"] == "infected"
    shown = api(alice).get(f"{FILES}/{file.id}").json()["data"]
    assert (shown["version"], shown["scan_status"]) == (1, "clean")
    assert len(api(alice).get(place).json()["data"]) == 1
    assert api(alice).get(f"{place}/2/content").status_code == 404
    following = api(staff).post(place, {"file": part(PNG)}, format="multipart")
    assert following.json()["data"]["number"] == 3
    assert file_events(staff) == ["file.uploaded", "file.quarantined", "file.version_added"]


def test_a_file_that_is_being_checked_cannot_be_fetched_and_is_not_shown_to_others(
    staff: Membership, alice: Membership, client_a: Client
) -> None:
    file = make_shared_file(staff, client_a)
    with organization_scope(staff.organization_id):
        FileVersion.objects.filter(file=file).update(scan_status="pending")
    answer = api(staff).get(f"{FILES}/{file.id}/content")
    assert (answer.status_code, answer.json()["details"]["rule"]) == (409, "being_checked")
    assert api(alice).get(f"{FILES}/{file.id}").status_code == 404
