"""API keys: what they open, and how they end (P17, P105, R142)."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.errors import TooManyKeys
from apps.accounts.models import ApiKey, Membership
from apps.accounts.services import keys as key_services
from apps.clients.models import Client
from apps.core import clock
from tests.accounts.keys import actions_told, make_key, refusal_of, with_key
from tests.conftest import api, assert_constant_queries, events_of
from tests.factories import make_client, make_member

URL = "/api/v1/clients"
KEYS = "/api/v1/api-keys"
WRONG = "pk_test_" + "A" * 43


def test_r142_a_key_is_shown_once_and_kept_as_a_hash(owner: Membership, client_a: Client) -> None:
    body = {"name": "ERP", "scopes": ["clients:read"], "addresses": ["127.0.0.0/8"]}
    made = api(owner).post(KEYS, body)
    data = made.json()["data"]
    text = data.pop("key")
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    assert text.startswith("pk_test_")
    assert data["prefix"] == text[:14]
    assert f"curl -H 'Authorization: Bearer {text}' http://testserver{URL}" == data.pop("example")
    row = ApiKey.objects.get(id=data["id"])
    assert bytes(row.key_hash) == hashlib.sha256(text.encode()).digest()
    assert all(text not in str(value) for value in vars(row).values())
    assert "key" not in api(owner).get(made["Location"]).json()["data"]
    assert all(text not in str(event.data) for event in events_of(owner))


def test_p17_a_key_acts_as_its_person_within_its_scopes(
    alice: Membership, client_a: Client, client_b: Client
) -> None:
    _key, text = make_key(alice, "clients:read")
    assert [row["name"] for row in with_key(text).get(URL).json()["data"]] == [client_a.name]
    assert with_key(text).get(f"{URL}/{client_b.id}").status_code == 404
    answer = with_key(text).get("/api/v1/projects")
    assert refusal_of(answer) == (403, "PERMISSION_DENIED", "scope_missing")
    assert answer.json()["details"]["scope"] == "projects:read"


def test_p17_a_write_needs_the_scope_to_write(owner: Membership) -> None:
    _key, reads = make_key(owner, "clients:read")
    _key, writes = make_key(owner, "clients:write")
    body = {"name": "Cedar"}
    refused = with_key(reads).post(URL, body)
    assert refused.json()["details"] == {"rule": "scope_missing", "scope": "clients:write"}
    assert with_key(writes).post(URL, body).status_code == 201
    assert with_key(writes).get(URL).status_code == 403


def test_a_scope_never_adds_to_the_role(alice: Membership) -> None:
    _key, text = make_key(alice, "clients:write")
    answer = with_key(text).post(URL, {"name": "Cedar"})
    assert refusal_of(answer) == (403, "PERMISSION_DENIED", "")


def test_a_missing_scope_shows_no_stored_answer_of_a_repeated_post(owner: Membership) -> None:
    headers = {"Idempotency-Key": "once"}
    _key, writes = make_key(owner, "clients:write")
    _key, reads = make_key(owner, "clients:read")
    made = with_key(writes).post(URL, {"name": "Cedar"}, headers=headers)
    again = with_key(reads).post(URL, {"name": "Cedar"}, headers=headers)
    assert (made.status_code, again.status_code) == (201, 403)


def test_a_key_read_costs_one_statement_once_remembered(
    owner: Membership, client_a: Client
) -> None:
    _key, text = make_key(owner)
    caller = with_key(text)
    caller.get(URL)
    with CaptureQueriesContext(connection) as queries:
        assert caller.get(URL).status_code == 200
    assert len(queries) == 1


def test_a_key_costs_one_query_before_the_page(owner: Membership, client_a: Client) -> None:
    key, text = make_key(owner)
    ApiKey.objects.filter(id=key.id).update(last_used_at=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        assert with_key(text).get(URL).status_code == 200
    asked = [query["sql"] for query in queries if "POINT" not in query["sql"]]
    assert len(asked) == 2, asked


@pytest.mark.parametrize("remembered", [True, False])
@pytest.mark.parametrize(
    "change",
    [
        lambda key: ApiKey.objects.filter(id=key.id).update(revoked_at=timezone.now()),
        lambda key: ApiKey.objects.filter(id=key.id).update(
            expires_at=timezone.now() - timedelta(seconds=1)
        ),
        lambda key: Membership.objects.filter(id=key.membership_id).update(is_active=False),
        lambda key: type(key.user).objects.filter(id=key.user_id).update(is_active=False),
    ],
    ids=["revoked", "expired", "membership", "person"],
)
def test_r142_an_ended_key_is_refused_with_the_next_request(
    change: Any, remembered: bool, owner: Membership, client_a: Client
) -> None:
    key, text = make_key(owner)
    if remembered:
        assert with_key(text).get(URL).status_code == 200
    change(key)
    for path in (URL, f"{URL}?limit=0", f"{URL}/{client_a.id}"):
        assert refusal_of(with_key(text).get(path)) == (401, "TOKEN_INVALID", "")


def test_scopes_that_were_taken_count_with_the_next_request(
    owner: Membership, client_a: Client
) -> None:
    key, text = make_key(owner, "clients:read", "projects:read")
    assert with_key(text).get(URL).status_code == 200
    answer = api(owner).patch(f"{KEYS}/{key.id}", {"scopes": ["projects:read"]})
    assert answer.json()["data"]["scopes"] == ["projects:read"]
    assert with_key(text).get(URL).status_code == 403


def test_r142_two_keys_overlap_while_one_takes_the_place_of_the_other(
    owner: Membership, client_a: Client
) -> None:
    old, old_text = make_key(owner)
    _new, new_text = make_key(owner)
    assert [with_key(text).get(URL).status_code for text in (old_text, new_text)] == [200, 200]
    assert api(owner).delete(f"{KEYS}/{old.id}").json()["data"] is None
    assert [with_key(text).get(URL).status_code for text in (old_text, new_text)] == [401, 200]
    assert actions_told(owner) == ["api_key.created", "api_key.created", "api_key.revoked"]


def test_r142_the_last_use_is_kept_by_the_minute(owner: Membership, client_a: Client) -> None:
    key, text = make_key(owner)
    with_key(text).get(URL)
    first = ApiKey.objects.get(id=key.id).last_used_at
    with_key(text).get(URL)
    assert first is not None
    assert ApiKey.objects.get(id=key.id).last_used_at == first
    ApiKey.objects.filter(id=key.id).update(last_used_at=first - timedelta(minutes=2))
    with_key(text).get(URL)
    used = ApiKey.objects.get(id=key.id).last_used_at
    assert used is not None
    assert used >= first


def test_a_key_works_until_its_end(owner: Membership, client_a: Client) -> None:
    end = (clock.now() + timedelta(hours=1)).isoformat()
    made = api(owner).post(KEYS, {"name": "x", "scopes": ["clients:read"], "expires_at": end})
    assert with_key(made.json()["data"]["key"]).get(URL).status_code == 200
    past = (clock.now() - timedelta(hours=1)).isoformat()
    late = api(owner).post(KEYS, {"name": "x", "scopes": ["clients:read"], "expires_at": past})
    assert late.json()["details"][0]["field"] == "expires_at"


@pytest.mark.parametrize(
    "text",
    [WRONG, "pk_", "sk_test_x", "pk_test_" + "\x00", "pk_ü", "pk_test_" + "a" * 5000],
)
def test_what_is_no_key_is_401(text: str, owner: Membership) -> None:
    make_key(owner)
    assert refusal_of(with_key(text).get(URL)) == (401, "TOKEN_INVALID", "")


@pytest.mark.parametrize("name", ["api_key", "access_token", "token", "key"])
def test_a_key_in_the_address_opens_nothing(name: str, owner: Membership) -> None:
    """Addresses end in logs: a key counts in the header only."""
    _key, text = make_key(owner)
    answer = api(None).get(f"{URL}?{name}={text}")
    assert (answer.status_code, answer.json()["code"]) == (401, "AUTHENTICATION_REQUIRED")


# -- where from ------------------------------------------------------------------------------


def called_from(text: str, address: str, **headers: Any) -> Any:
    return with_key(text).get(URL, REMOTE_ADDR=address, **headers)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("203.0.113.9", 200), ("::ffff:203.0.113.9", 200), ("2001:db8::7", 200),
        ("203.0.114.1", 403), ("2001:db9::7", 403), ("", 403), ("unix:", 403),
    ],
)  # fmt: skip
def test_r142_a_key_works_from_its_addresses_only(
    address: str, status: int, owner: Membership
) -> None:
    _key, text = make_key(owner, addresses=["203.0.113.0/24", "2001:db8::/32"])
    for _time in range(2):  # found first, then remembered
        answer = called_from(text, address)
        assert answer.status_code == status
    if status == 403:
        assert answer.json()["details"] == {"rule": "address_not_allowed"}


def test_r142_an_address_cannot_be_claimed_in_a_header(owner: Membership, settings: Any) -> None:
    _key, text = make_key(owner, addresses=["203.0.113.0/24"])
    claim = {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}
    settings.TRUSTED_PROXIES = 0
    assert called_from(text, "198.51.100.1", **claim).status_code == 403
    settings.TRUSTED_PROXIES = 1
    assert called_from(text, "10.0.0.1", **claim).status_code == 200
    forged = {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.1"}  # the proxy added the last
    assert called_from(text, "10.0.0.1", **forged).status_code == 403


@pytest.mark.parametrize("wrong", ["nonsense", "203.0.113.9/24", "10.0.0.0/99", "\x00"])
def test_an_address_list_is_checked(wrong: str, owner: Membership) -> None:
    body = {"name": "x", "scopes": ["clients:read"], "addresses": [wrong]}
    answer = api(owner).post(KEYS, body)
    assert answer.status_code == 400
    assert answer.json()["details"][0]["field"].startswith("addresses")


# -- which organization ----------------------------------------------------------------------


def test_p105_a_header_that_names_another_organization_is_404(
    owner: Membership, mallory: Membership, client_a: Client
) -> None:
    _key, text = make_key(owner)
    own, foreign = owner.organization, mallory.organization
    for named, status in (
        (own.slug, 200), (str(own.id), 200), (own.slug.upper(), 200),
        (foreign.slug, 404), (str(foreign.id), 404), ("nowhere", 404), ("", 404),
    ):  # fmt: skip
        for bearer in (with_key(text), api(owner)):
            answer = bearer.get(URL, headers={"X-Organization": named})
            assert answer.status_code == status, named


def test_p105_a_person_of_two_organizations_has_a_key_for_each(
    owner: Membership, mallory: Membership, client_a: Client
) -> None:
    theirs = make_client(mallory.organization, "Theirs")
    second = Membership.objects.create(
        organization=mallory.organization, user=owner.user, role="staff"
    )
    _key, here = make_key(owner)
    _key, there = make_key(second)
    assert [row["name"] for row in with_key(here).get(URL).json()["data"]] == [client_a.name]
    assert [row["name"] for row in with_key(there).get(URL).json()["data"]] == [theirs.name]


# -- bounds ----------------------------------------------------------------------------------


def test_p18_a_key_has_a_bucket_of_its_own(owner: Membership, client_a: Client) -> None:
    _key, text = make_key(owner)
    assert with_key(text).get(URL)["RateLimit-Limit"] == "1200"
    assert api(owner).get(URL)["RateLimit-Limit"] == "300"
    owner.organization.settings["apis"]["rateLimit"] = {
        "tier": "custom", "limits": {"api_key": "2/d"},
    }  # fmt: skip
    owner.organization.save(update_fields=["settings"])
    _key, other = make_key(owner)
    statuses = [with_key(other).get(URL).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert api(owner).get(URL).status_code == 200


def test_p18_an_override_names_one_key(owner: Membership, client_a: Client) -> None:
    key, text = make_key(owner)
    owner.organization.settings["apis"]["rateLimit"]["overrides"] = [
        {"api_key": key.prefix, "api": "5000/m"}
    ]
    owner.organization.save(update_fields=["settings"])
    assert with_key(text).get(URL)["RateLimit-Limit"] == "5000"


@pytest.mark.parametrize("scopes", [[], ["clients"], ["clients:delete"], ["*"], ["auth:read"]])
def test_unknown_scopes_are_refused(scopes: list[str], owner: Membership) -> None:
    answer = api(owner).post(KEYS, {"name": "x", "scopes": scopes})
    assert answer.status_code == 400
    assert answer.json()["details"][0]["field"] == "scopes"


def test_a_person_has_at_most_25_keys(owner: Membership) -> None:
    for _ in range(key_services.KEYS_OF_PERSON):
        make_key(owner)
    answer = api(owner).post(KEYS, {"name": "x", "scopes": ["clients:read"]})
    assert refusal_of(answer) == (422, "BUSINESS_RULE", "too_many_keys")


def test_an_organization_has_at_most_1000_keys(owner: Membership, staff: Membership) -> None:
    now = clock.now()
    ApiKey.objects.bulk_create(
        ApiKey(
            organization_id=owner.organization_id, user_id=owner.user_id, membership=owner,
            created_by_id=owner.user_id, name=str(n), prefix="pk_test_x", scopes=[],
            key_hash=n.to_bytes(32), created_at=now,
        )
        for n in range(key_services.KEYS_OF_ORGANIZATION)
    )  # fmt: skip
    with pytest.raises(TooManyKeys):
        make_key(staff)


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_do_not_pass_the_bound(
    owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_services, "KEYS_OF_PERSON", 1)
    start = Barrier(2)

    def one(_number: int) -> bool:
        start.wait()
        try:
            make_key(owner)
        except TooManyKeys:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(one, range(2))) == [False, True]


def test_a_list_of_keys_costs_two_queries(owner: Membership) -> None:
    client = api(owner)
    assert_constant_queries(
        request=lambda: client.get(KEYS), grow=lambda: make_key(owner), at_most=2
    )


# -- whose keys ------------------------------------------------------------------------------


def test_leaders_see_and_revoke_all_keys_but_an_admin_not_those_of_owners(
    owner: Membership, staff: Membership
) -> None:
    admin = make_member(owner.organization, "admin")
    owners, _text = make_key(owner)
    staffs, _text = make_key(staff)
    assert {row["id"] for row in api(admin).get(KEYS).json()["data"]} == {
        str(owners.id), str(staffs.id),
    }  # fmt: skip
    assert [row["id"] for row in api(staff).get(KEYS).json()["data"]] == [str(staffs.id)]
    refused = api(admin).delete(f"{KEYS}/{owners.id}")
    assert refusal_of(refused) == (403, "PERMISSION_DENIED", "key_of_owner")
    assert api(admin).delete(f"{KEYS}/{staffs.id}").status_code == 200
    assert api(owner).delete(f"{KEYS}/{owners.id}").status_code == 200


def test_no_key_makes_or_sees_keys(owner: Membership) -> None:
    from apps.accounts.scopes import known_scopes

    _key, text = make_key(owner, *sorted(known_scopes()))
    for path in (KEYS, "/api/v1/auth/sessions", "/api/v1/roles", "/api/v1/service-accounts"):
        answer = with_key(text).get(path)
        assert refusal_of(answer) == (403, "PERMISSION_DENIED", "not_for_keys"), path
    answer = with_key(text).post(KEYS, {"name": "x", "scopes": ["clients:read"]})
    assert refusal_of(answer) == (403, "PERMISSION_DENIED", "not_for_keys")


@pytest.mark.parametrize("path", ["/api/clients", "/api/projects", "/api/notifications"])
def test_the_old_face_takes_no_keys(path: str, owner: Membership) -> None:
    _key, text = make_key(owner, "clients:read", "projects:read")
    assert with_key(text).get(path).status_code == 401


def test_keys_of_production_say_that_they_are_live(owner: Membership, settings: Any) -> None:
    assert not portal_settings.IN_PRODUCTION
    settings.IN_PRODUCTION = True
    _key, text = make_key(owner)
    assert text.startswith("pk_live_")
