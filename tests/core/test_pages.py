"""Lists: pages neither repeat nor hide rows, every parameter is known, answers are conditional."""

import base64
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core import clock
from apps.core.tenancy import organization_scope
from tests.conftest import Api, api
from tests.factories import make_client

URL = "/api/v1/clients"


def walk(client: Api, query: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all rows of a list, page by page."""
    rows, cursor = [], None
    while True:
        body = client.get(URL, query | ({"cursor": cursor} if cursor else {})).json()
        rows += body["data"]
        cursor = body["meta"]["pagination"]["next_cursor"]
        if cursor is None:
            return rows


@pytest.fixture
def rows(owner: Membership) -> list[Client]:
    return [make_client(owner.organization, f"Client {number:02}") for number in range(7)]


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "name", "-name"])
def test_p27_pages_follow_each_other_without_gap_or_repeat(
    owner: Membership, rows: list[Client], sort: str
) -> None:
    found = [row["id"] for row in walk(api(owner), {"limit": 2, "sort": sort})]
    expected = [str(row.id) for row in rows]
    assert found == (expected[::-1] if sort.startswith("-") else expected)


def test_r148_rows_that_come_and_go_while_paging_disturb_no_other(
    owner: Membership, rows: list[Client]
) -> None:
    client, seen, cursor = api(owner), list[str](), None
    for _page in range(10):
        query: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        body = client.get(URL, query).json()
        seen += [row["id"] for row in body["data"]]
        cursor = body["meta"]["pagination"]["next_cursor"]
        make_client(owner.organization, "Newcomer")
        if cursor is None:
            break
    assert seen == [str(row.id) for row in reversed(rows)]


def test_equal_sort_values_are_told_apart_by_id(owner: Membership) -> None:
    for _number in range(5):
        make_client(owner.organization, "Same")
    found = [row["id"] for row in walk(api(owner), {"limit": 2, "sort": "name"})]
    assert len(set(found)) == len(found) == 5


def test_a_page_leads_back_to_the_one_before(owner: Membership, rows: list[Client]) -> None:
    client = api(owner)
    first = client.get(URL, {"limit": 2}).json()
    pagination = first["meta"]["pagination"]
    assert pagination["prev_cursor"] is None
    second = client.get(URL, {"limit": 2, "cursor": pagination["next_cursor"]}).json()
    back = second["meta"]["pagination"]["prev_cursor"]
    again = client.get(URL, {"limit": 2, "cursor": back}).json()
    assert again["data"] == first["data"]
    assert again["meta"]["pagination"]["next_cursor"] is not None


def test_a_total_is_counted_only_when_asked_for(owner: Membership, rows: list[Client]) -> None:
    client = api(owner)
    assert client.get(URL).json()["meta"]["pagination"]["total"] is None
    body = client.get(f"{URL}?include_total=true&limit=1").json()
    assert body["meta"]["pagination"]["total"] == 7


def test_the_link_header_repeats_the_cursor(owner: Membership, rows: list[Client]) -> None:
    answer = api(owner).get(URL, {"limit": 2})
    cursor = answer.json()["meta"]["pagination"]["next_cursor"]
    assert answer["Link"] == f'<{URL}?limit=2&cursor={cursor}>; rel="next"'


def cursor_of(client: Api, **query: Any) -> str:
    found: str = client.get(URL, {"limit": 2} | query).json()["meta"]["pagination"]["next_cursor"]
    return found


def altered(cursor: str) -> str:
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[-3] ^= 1
    return base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")


def test_a_foreign_altered_or_old_cursor_is_refused(owner: Membership, rows: list[Client]) -> None:
    client = api(owner)
    good = cursor_of(client)
    bad: list[dict[str, str]] = [
        {"cursor": altered(good)},
        {"cursor": cursor_of(client, sort="name")},
        {"cursor": good, "status": "active"},
        {"cursor": "x"},
        {"cursor": "ü"},
        {"cursor": ""},
        {"cursor": "A" * 5000},
    ]
    for query in bad:
        answer = client.get(URL, query)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_CURSOR"), query
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=1), tick=False):
        assert api(owner).get(URL, {"cursor": good}).json()["code"] == "INVALID_CURSOR"


@pytest.mark.parametrize(
    "query",
    [
        "unknown=1",
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=9999999999999999999999",
        "limit=-1",
        "limit=1&limit=2",
        "sort=unknown",
        "sort=--name",
        "fields=name,unknown",
        "include_total=yes",
        "status=unknown",
        "status=",
        "created_after=yesterday",
        "created_after=2026-13-01T00:00:00Z",
        "q=",
        "q=%00",
        "status=active%00",
        "q=" + "x" * 201,
    ],
)
def test_p30_an_unknown_or_wrong_parameter_is_refused_by_name(
    owner: Membership, query: str
) -> None:
    answer = api(owner).get(f"{URL}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_FILTER")
    assert answer.json()["details"]["parameter"] in query


def test_p33_fields_keep_only_what_is_asked_for(owner: Membership, rows: list[Client]) -> None:
    row = api(owner).get(f"{URL}?fields=name&limit=1").json()["data"][0]
    assert set(row) == {"id", "name"}


def test_a_search_takes_wild_cards_as_letters(owner: Membership) -> None:
    make_client(owner.organization, "100 % wool")
    make_client(owner.organization, "1000 lamps")
    for text, names in (("100 %", ["100 % wool"]), ("_", []), ("LAMPS", ["1000 lamps"])):
        found = [row["name"] for row in api(owner).get(URL, {"q": text}).json()["data"]]
        assert found == names


def test_a_compiled_list_shows_each_person_his_own(
    cast: dict[str, Membership | None], client_a: Client, client_b: Client
) -> None:
    """R27: the second reader of a cached statement gets his rows, not those of the first."""
    for _round in range(2):
        seen = {
            name: {row["id"] for row in api(person).get(URL).json()["data"]}
            for name, person in cast.items()
            if person is not None
        }
        both = {str(client_a.id), str(client_b.id)}
        assert seen == {
            "owner": both, "staff": both, "accountant": both, "alice": {str(client_a.id)},
            "bob": {str(client_b.id)}, "mallory": set(),
        }  # fmt: skip


def test_a_contact_of_two_companies_sees_both(
    alice: Membership, client_a: Client, client_b: Client
) -> None:
    from apps.accounts.services import set_client_access

    with organization_scope(alice.organization_id):
        set_client_access(alice.organization_id, alice.user_id, client_b.id, "member")
    seen = {row["id"] for row in api(alice).get(URL).json()["data"]}
    assert seen == {str(client_a.id), str(client_b.id)}


def test_p39_an_unchanged_page_is_304(owner: Membership, rows: list[Client]) -> None:
    client = api(owner)
    first = client.get(URL)
    again = client.get(URL, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    make_client(owner.organization, "Newcomer")
    assert client.get(URL, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_r150_an_unchanged_row_is_304_and_a_stale_edit_is_412(
    owner: Membership, client_a: Client
) -> None:
    """P31: two editors of one row: the second learns that he was too late."""
    client, url = api(owner), f"{URL}/{client_a.id}"
    tag = client.get(url)["ETag"]
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    changed = client.patch(url, {"name": "New"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    stale = client.patch(url, {"name": "Newer"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_CONFLICT")
    assert (
        client.patch(url, {"name": "Newer"}, headers={"If-Match": changed["ETag"]}).status_code
        == 200
    )
