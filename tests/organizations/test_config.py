"""The settings document over the API: read, replace, patch, versions, undo (P106, P107, R141)."""

import threading
from copy import deepcopy
from typing import Any

import orjson
import pytest
from django.db import connection

from apps.accounts.models import Membership
from apps.core.tenancy import organization_scope
from apps.organizations.document.faults import MAX_BYTES
from apps.organizations.models import ConfigVersion, Organization
from tests.conftest import Api, api, assert_constant_queries, events_of
from tests.factories import make_member
from tests.organizations.documents import FULL

URL = "/api/v1/organization/config"


@pytest.fixture
def admin(organization: Organization) -> Membership:
    return make_member(organization, "admin", "admin")


def present(person: Membership) -> tuple[dict[str, Any], str]:
    answer = api(person).get(URL)
    assert answer.status_code == 200
    return answer.json()["data"], answer["ETag"]


def patched(person: Membership, **changes: Any) -> Any:
    return api(person).patch(URL, changes)


def test_p106_the_document_shows_every_key_of_the_contract(owner: Membership) -> None:
    document, tag = present(owner)
    assert set(document) == {*FULL, "retention"}
    assert document["branding"]["name"] == owner.organization.name
    assert document["locale"]["timezone"] == "UTC"
    assert tag.startswith('"v1-')


def test_r143_optional_parts_are_off_in_a_new_organization(owner: Membership) -> None:
    assert set(present(owner)[0]["features"].values()) == {False}


def test_p106_what_was_read_may_be_put_back_and_changes_nothing(owner: Membership) -> None:
    document, tag = present(owner)
    answer = api(owner).put(URL, document, headers={"If-Match": tag})
    assert answer.status_code == 200
    assert answer.json()["data"]["changes"] == []
    assert (answer["ETag"], present(owner)[1]) == (tag, tag)


def test_p106_the_whole_document_is_kept_as_it_was_sent(owner: Membership) -> None:
    tag = present(owner)[1]
    answer = api(owner).put(URL, FULL, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.json()
    shown, new_tag = present(owner)
    mentioned = deepcopy(shown)
    del mentioned["retention"]
    mentioned["security"] = {k: mentioned["security"][k] for k in FULL["security"]}
    assert mentioned == FULL
    assert new_tag == answer["ETag"]
    organization = Organization.objects.get(id=owner.organization_id)
    assert (organization.name, organization.timezone) == ("Acme Studio", "Europe/Berlin")


def test_p106_a_fault_is_answered_with_its_path_and_changes_nothing(owner: Membership) -> None:
    before = present(owner)
    answer = patched(owner, branding={"colors": {"primary": "blue"}}, extra=1)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    fields = {fault["field"] for fault in answer.json()["details"]}
    assert fields == {"branding.colors.primary", "extra"}
    assert present(owner) == before


@pytest.mark.parametrize("body", [[], "text", 7, None, {}])
def test_p106_a_body_that_is_no_object_is_refused(owner: Membership, body: Any) -> None:
    tag = present(owner)[1]
    answer = api(owner).put(URL, body, headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


def test_p106_a_huge_document_is_refused(owner: Membership) -> None:
    wide = {f"k{n}": "x" * 2000 for n in range(MAX_BYTES // 2000 + 1)}
    answer = patched(owner, coordination={"patterns": wide})
    assert (answer.status_code, answer.json()["details"][0]["code"]) == (400, "too_large")


def test_p106_a_patch_with_null_puts_the_default_back(owner: Membership) -> None:
    patched(owner, security={"session_days": 30})
    assert present(owner)[0]["security"]["session_days"] == 30
    patched(owner, security={"session_days": None})
    assert present(owner)[0]["security"]["session_days"] == 7


def test_p106_validate_checks_without_saving(owner: Membership) -> None:
    document, tag = present(owner)
    document["security"]["session_days"] = 30
    answer = api(owner).post(f"{URL}/validate", document)
    (change,) = answer.json()["data"]["changes"]
    assert change == {
        "op": "replace", "path": "/security/session_days", "before": 7, "after": 30,
    }  # fmt: skip
    document["security"]["session_days"] = 0
    assert api(owner).post(f"{URL}/validate", document).status_code == 400
    assert present(owner)[1] == tag


def test_p106_the_schema_describes_the_document(owner: Membership) -> None:
    from jsonschema import Draft202012Validator

    schema = api(owner).get(f"{URL}/schema").json()["data"]
    Draft202012Validator(schema).validate(present(owner)[0])


def test_p107_of_two_editors_the_second_is_412(owner: Membership, admin: Membership) -> None:
    document, tag = present(owner)
    for person, days, status in ((owner, 8, 200), (admin, 9, 412)):
        document["security"]["session_days"] = days
        answer = api(person).put(URL, document, headers={"If-Match": tag})
        assert answer.status_code == status
    assert answer.json()["code"] == "VERSION_CONFLICT"
    assert present(owner)[0]["security"]["session_days"] == 8
    assert api(owner).put(URL, document).json()["details"] == {"rule": "if_match"}


@pytest.mark.django_db(transaction=True)
def test_p107_of_two_editors_at_once_one_wins(owner: Membership, admin: Membership) -> None:
    document, tag = present(owner)
    clients = [(api(owner), 8), (api(admin), 9)]
    barrier, statuses = threading.Barrier(2), []

    def edit(client: Api, days: int) -> None:
        body = deepcopy(document)
        body["security"]["session_days"] = days
        barrier.wait(10)
        statuses.append(client.put(URL, body, headers={"If-Match": tag}).status_code)
        connection.close()

    threads = [threading.Thread(target=edit, args=one) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [200, 412]


def test_c18_an_admin_writes_all_but_billing(admin: Membership, owner: Membership) -> None:
    assert patched(admin, security={"session_days": 8}).status_code == 200
    for part in (
        {"payments": {"due_days": 30}}, {"limits": {"users": 1000}},
        {"apis": {"rateLimit": {"tier": "premium"}}},
    ):  # fmt: skip
        answer = patched(admin, **part)
        assert (answer.status_code, answer.json()["details"]["rule"]) == (403, "owner_only")
        assert patched(owner, **part).status_code == 200


def test_p11_an_owner_changes_his_own_organization_only(
    owner: Membership, mallory: Membership
) -> None:
    patched(mallory, branding={"name": "Not North"})
    assert present(owner)[0]["branding"]["name"] == "North"
    patched(owner, security={"session_days": 9})
    assert (
        api(mallory).get(f"{URL}/versions/2").json()["data"]["document"]["branding"]
        != (present(owner)[0]["branding"])
    )
    assert api(mallory).get(f"{URL}/versions/3").status_code == 404


def test_p107_each_change_is_an_event_and_an_audit_entry(owner: Membership) -> None:
    patched(owner, security={"session_days": 8}, locale={"timezone": "Europe/Berlin"})
    changed, audited = events_of(owner)[-2:]
    paths = ["/locale/timezone", "/security/session_days"]
    assert (changed.kind, orjson.loads(changed.data)["changed"]) == ("config.changed", paths)
    told = orjson.loads(audited.data)
    assert told["action"] == "configuration.changed"
    assert told["before"] == {"/locale/timezone": "UTC", "/security/session_days": 7}
    assert told["after"] == {"/locale/timezone": "Europe/Berlin", "/security/session_days": 8}
    assert told["details"] == {"number": 2}
    assert audited.actor_id == owner.user_id


def test_p107_a_great_change_fits_into_the_log(owner: Membership) -> None:
    wide = {f"k{n}": "x" * 1000 for n in range(49)}
    assert patched(owner, coordination={"patterns": wide}).status_code == 200
    assert orjson.loads(events_of(owner)[-1].data)["details"]["left_out"] > 0


def test_r141_the_versions_say_who_changed_what_last(owner: Membership, admin: Membership) -> None:
    patched(owner, security={"session_days": 8})
    patched(admin, security={"session_days": 9})
    last, *_, first = api(owner).get(f"{URL}/versions").json()["data"]
    assert (last["number"], first["number"]) == (3, 1)
    assert last["author"]["id"] == str(admin.user_id)
    assert last["changed"] == ["/security/session_days"]
    assert first["author"] is None
    assert "document" not in last


def test_r141_the_last_change_can_be_undone(owner: Membership) -> None:
    before = present(owner)[0]
    patched(owner, security={"session_days": 8})
    answer = api(owner).post(f"{URL}/rollbacks", {"version": 1})
    assert answer.status_code == 201
    assert present(owner)[0] == before
    numbers = [row["number"] for row in api(owner).get(f"{URL}/versions").json()["data"]]
    assert numbers == [3, 2, 1]
    assert api(owner).post(f"{URL}/rollbacks", {"version": 9}).status_code == 404


def test_p107_two_versions_are_compared(owner: Membership) -> None:
    patched(owner, security={"session_days": 8})
    patched(owner, security={"session_days": 9})
    found = api(owner).get(f"{URL}/versions/3/differences/1").json()["data"]
    (change,) = found["changes"]
    assert (change["before"], change["after"]) == (7, 9)
    for numbers in ("3/differences/9", "9/differences/3", f"{2**40}/differences/1"):
        assert api(owner).get(f"{URL}/versions/{numbers}").status_code == 404
    detail = api(owner).get(f"{URL}/versions/2").json()["data"]
    assert detail["document"]["security"]["session_days"] == 8


def test_a_change_past_the_service_is_not_lost_by_an_undo(owner: Membership) -> None:
    patched(owner, security={"session_days": 8})
    row = Organization.objects.get(id=owner.organization_id)
    row.settings["security"]["session_days"] = 20
    row.save(update_fields=["settings"])
    patched(owner, security={"session_days": 9})
    with organization_scope(owner.organization_id):
        kept = dict(ConfigVersion.objects.values_list("number", "document"))
    assert [kept[n]["security"]["session_days"] for n in (1, 2, 3, 4)] == [7, 8, 20, 9]


def test_the_list_of_versions_costs_the_same_for_any_number(owner: Membership) -> None:
    days = iter(range(8, 90))
    client = api(owner)
    assert_constant_queries(
        lambda: client.get(f"{URL}/versions"),
        lambda: patched(owner, security={"session_days": next(days)}),
        at_most=1,
    )


def test_p115_a_colour_without_contrast_is_corrected_and_told(owner: Membership) -> None:
    answer = patched(owner, branding={"colors": {"primary": "#ffd400"}})
    (notice,) = answer.json()["data"]["notices"]
    assert (notice["field"], notice["code"]) == ("branding.colors.primary", "contrast_corrected")
    assert (
        patched(owner, branding={"colors": {"primary": "#1f4e79"}}).json()["data"]["notices"] == []
    )
