"""Webhook endpoints over HTTP (P100, C17, C18, R157 to R159)."""

from functools import partial
from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.connections.models import Secret
from apps.core.tenancy import organization_scope
from tests.conftest import api, assert_constant_queries, events_of
from tests.integrations.factories import make_delivery, make_endpoint, seen, stored

URL = "/api/v1/webhook-endpoints"
GOOD: dict[str, Any] = {"url": "https://93.184.215.14/hook", "events": ["invoice.*"]}


def test_p100_an_endpoint_has_the_fields_of_c17_and_shows_its_secret_once(
    owner: Membership,
) -> None:
    answer = api(owner).post(URL, GOOD | {"description": "Books"})
    assert answer.status_code == 201, answer.json()
    made = answer.json()["data"]
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert answer["Location"] == f"{URL}/{made['id']}"
    shown = api(owner).get(answer["Location"])
    assert shown.json()["data"] == made
    assert secret not in shown.content.decode()
    assert {name: made[name] for name in made if not name.endswith("_at")} == {
        "id": made["id"], "url": GOOD["url"], "description": "Books", "events": ["invoice.*"],
        "active": True, "ordered": False, "version": 1, "disabled_reason": None,
        "status": "active", "secrets": made["secrets"],
    }  # fmt: skip
    assert [s["last_four"] for s in made["secrets"]] == [secret[-4:]]
    assert "connection.created" in {event.kind for event in events_of(owner)}


def test_the_secret_is_not_stored_in_the_clear(owner: Membership) -> None:
    secret = api(owner).post(URL, GOOD).json()["data"]["secret"]
    with organization_scope(owner.organization_id):
        row = Secret.objects.get()
        assert secret.encode() not in bytes(row.ciphertext)
        assert row.key_id == "k1"


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://93.184.215.14/hook"},
        {"url": "https://93.184.215.14:22/hook"},
        {"url": "https://10.0.0.1/hook"},
        {"url": "https://user:pw@93.184.215.14/"},
        {"url": "ftp://93.184.215.14/"},
        {"url": "nonsense"},
        {"url": ""},
        {"url": "https://93.184.215.14/" + "x" * 600},
        {"url": 7},
        {"events": []},
        {"events": ["nothing.like_this"]},
        {"events": "invoice.*"},
        {"events": ["x" * 100]},
        {"version": 2},
        {"active": "perhaps"},
        {"surprise": 1},
    ],
)
def test_r159_a_bad_body_is_400_and_names_the_field(
    owner: Membership, change: dict[str, Any]
) -> None:
    answer = api(owner).post(URL, GOOD | change)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["details"][0]["field"].split(".")[0] in change


def test_a_second_endpoint_of_one_address_is_a_duplicate_until_the_first_is_removed(
    owner: Membership,
) -> None:
    client = api(owner)
    first = client.post(URL, GOOD).json()["data"]
    assert client.post(URL, GOOD).json()["code"] == "DUPLICATE"
    assert client.delete(f"{URL}/{first['id']}").json()["data"] is None
    assert client.get(f"{URL}/{first['id']}").status_code == 404
    assert client.post(URL, GOOD).status_code == 201


def test_put_replaces_and_patch_changes(owner: Membership) -> None:
    client = api(owner)
    place = f"{URL}/{make_endpoint(owner.organization, description='old', ordered=True).id}"
    changed = client.patch(place, {"events": ["project.*", "*.failed"]}).json()["data"]
    assert (changed["events"], changed["description"], changed["ordered"]) == (
        ["project.*", "*.failed"], "old", True,
    )  # fmt: skip
    replaced = client.put(place, GOOD).json()["data"]
    assert (replaced["url"], replaced["description"], replaced["ordered"]) == (
        GOOD["url"], "", False,
    )  # fmt: skip
    assert client.put(place, {"url": GOOD["url"]}).status_code == 400
    assert client.patch(place, {"url": "https://127.0.0.2/"}).status_code == 400


def test_p31_a_stale_edit_is_412(owner: Membership) -> None:
    client = api(owner)
    place = f"{URL}/{make_endpoint(owner.organization).id}"
    tag = client.get(place)["ETag"]
    assert client.patch(place, {"ordered": True}, headers={"If-Match": tag}).status_code == 200
    stale = client.patch(place, {"ordered": False}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_CONFLICT")


def test_a_pause_holds_what_waits_and_going_on_releases_it(owner: Membership) -> None:
    endpoint = make_endpoint(owner.organization)
    place, client = f"{URL}/{endpoint.id}", api(owner)
    before = make_delivery(endpoint)
    assert client.patch(place, {"active": False}).json()["data"]["status"] == "paused"
    during = make_delivery(endpoint)
    assert [seen(d).state for d in (before, during)] == ["held", "held"]
    assert client.patch(place, {"active": True}).json()["data"]["active"] is True
    assert [seen(d).state for d in (before, during)] == ["pending", "pending"]


def test_removal_voids_the_secrets_and_cancels_what_waits(owner: Membership) -> None:
    endpoint = make_endpoint(owner.organization)
    delivery = make_delivery(endpoint)
    assert api(owner).delete(f"{URL}/{endpoint.id}").status_code == 200
    assert seen(delivery).state == "cancelled"
    assert stored(endpoint).state == "revoked"
    with organization_scope(owner.organization_id):
        assert not Secret.objects.exists()
    listed = api(owner).get("/api/v1/deliveries").json()["data"]
    assert [row["id"] for row in listed] == [str(delivery.id)]


def test_r157_a_rotation_shows_the_new_secret_and_keeps_the_old_one_for_a_while(
    owner: Membership,
) -> None:
    endpoint = make_endpoint(owner.organization)
    place, client = f"{URL}/{endpoint.id}", api(owner)
    answer = client.post(f"{place}/secrets", {"overlap_hours": 48})
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    made = answer.json()["data"]
    old, new = client.get(place).json()["data"]["secrets"]
    assert (new["last_four"], new["valid_until"]) == (made["secret"][-4:], None)
    assert old["valid_until"] == made["old_valid_until"]
    assert client.post(f"{place}/secrets", {"overlap_hours": 169}).status_code == 400
    assert client.post(f"{place}/secrets", {"overlap_hours": 0}).status_code == 201
    assert len(client.get(place).json()["data"]["secrets"]) == 1


def test_lists_filter_sort_and_search(owner: Membership) -> None:
    paused = make_endpoint(owner.organization, active=False, description="Ledger of Ann")
    make_endpoint(owner.organization)
    client = api(owner)
    for query in ("status=paused", "q=ledger", f"url={paused.name}"):
        found = client.get(f"{URL}?{query}").json()["data"]
        assert [row["id"] for row in found] == [str(paused.id)], query
    assert len(client.get(f"{URL}?sort=url&ordered=false").json()["data"]) == 2
    assert client.get(f"{URL}?status=broken").json()["code"] == "INVALID_FILTER"


def test_another_organization_sees_and_changes_nothing(
    owner: Membership, mallory: Membership
) -> None:
    endpoint = make_endpoint(owner.organization)
    client = api(mallory)
    assert client.get(URL).json()["data"] == []
    for path in ("", "/deliveries"):
        assert client.get(f"{URL}/{endpoint.id}{path}").status_code == 404
    for path in ("/secrets", "/tests", "/replays"):
        body = {"from_sequence": 1, "to_sequence": 2} if path == "/replays" else {}
        assert client.post(f"{URL}/{endpoint.id}{path}", body).status_code == 404


def test_lists_cost_the_same_for_any_number_of_rows(owner: Membership) -> None:
    client = api(owner)
    assert_constant_queries(
        lambda: client.get(URL), lambda: make_endpoint(owner.organization), at_most=2
    )
    endpoint = make_endpoint(owner.organization)
    for url in (f"{URL}/{endpoint.id}/deliveries", "/api/v1/deliveries"):
        assert_constant_queries(
            partial(client.get, url), lambda: make_delivery(endpoint), at_most=2
        )
    assert_constant_queries(
        lambda: client.get("/api/v1/dead-letters"),
        lambda: make_delivery(endpoint, "dead"),
        at_most=2,
    )
