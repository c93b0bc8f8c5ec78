"""Downloading: access, ranges, conditions, and headers that keep content harmless (P63, R70)."""

import hashlib
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.accounts.models import Membership
from apps.files.models import File
from tests.conftest import api
from tests.files.factories import FILES, PDF, PNG, make_file
from tests.files.factories import body_of as body

CONTENT = bytes(range(256)) * 2048  # 512 KiB: more than one block


@pytest.fixture
def file(staff: Membership) -> File:
    return make_file(staff, CONTENT, "numbers.bin")


def fetch(person: Membership, file: File, query: str = "", **headers: str) -> Any:
    return api(person).get(f"{FILES}/{file.id}/content{query}", headers=headers)


def test_p63_the_whole_file_comes_with_careful_headers(staff: Membership, file: File) -> None:
    response = fetch(staff, file)
    assert (response.status_code, body(response)) == (200, CONTENT)
    wanted = {
        "Content-Type": "application/octet-stream",
        "Content-Length": str(len(CONTENT)),
        "Content-Disposition": 'attachment; filename="numbers.bin"',
        "ETag": f'"{hashlib.sha256(CONTENT).hexdigest()}"',
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
    }
    assert {name: response[name] for name in wanted} == wanted
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_a_download_costs_two_queries(staff: Membership, file: File) -> None:
    client = api(staff)
    body(client.get(f"{FILES}/{file.id}/content"))
    with CaptureQueriesContext(connection) as queries:
        body(client.get(f"{FILES}/{file.id}/content"))
    assert len([q for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]) == 2


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=262000-300000", 262000, 300000),
        ("bytes=524280-", 524280, 524287),
        ("bytes=524280-99999999", 524280, 524287),
        ("bytes=-5", 524283, 524287),
    ],
)
def test_r70_a_range_is_206(
    staff: Membership, file: File, wanted: str, first: int, last: int
) -> None:
    response = fetch(staff, file, Range=wanted)
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert response["Content-Length"] == str(last - first + 1)
    assert body(response) == CONTENT[first : last + 1]


@pytest.mark.parametrize("wanted", ["bytes=524288-", "bytes=999999999999-", "bytes=-0"])
def test_r70_a_range_behind_the_end_is_416(staff: Membership, file: File, wanted: str) -> None:
    response = fetch(staff, file, Range=wanted)
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")
    assert response.json()["details"]["rule"] == "range_not_satisfiable"


@pytest.mark.parametrize(
    "wanted",
    ["bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,5-6", "bytes=a-b", "bytes=0-" + "9" * 20],
)
def test_a_range_that_means_nothing_gets_the_whole_file(
    staff: Membership, file: File, wanted: str
) -> None:
    response = fetch(staff, file, Range=wanted)
    assert (response.status_code, body(response)) == (200, CONTENT)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(1, len(CONTENT) - 1), max_size=4, unique=True).map(sorted))
def test_r70_a_broken_download_continues_and_equals_the_source(
    staff: Membership, file: File, cuts: list[int]
) -> None:
    client, parts = api(staff), []
    for first, last in zip([0, *cuts], [*cuts, len(CONTENT)], strict=True):
        wanted = {"Range": f"bytes={first}-{last - 1}"}
        parts.append(body(client.get(f"{FILES}/{file.id}/content", headers=wanted)))
    assert b"".join(parts) == CONTENT


def test_r70_if_range_of_an_older_version_gets_the_whole_file(
    staff: Membership, file: File
) -> None:
    tag = fetch(staff, file)["ETag"]
    assert fetch(staff, file, Range="bytes=0-1", **{"If-Range": tag}).status_code == 206
    assert fetch(staff, file, Range="bytes=0-1", **{"If-Range": '"old"'}).status_code == 200


def test_an_unchanged_file_is_304(staff: Membership, file: File) -> None:
    tag = fetch(staff, file)["ETag"]
    response = fetch(staff, file, **{"If-None-Match": tag})
    assert (response.status_code, response.content) == (304, b"")


def test_head_tells_the_length_and_sends_nothing(staff: Membership, file: File) -> None:
    response = api(staff).head(f"{FILES}/{file.id}/content")
    assert (response.status_code, response["Content-Length"]) == (200, str(len(CONTENT)))
    assert response.content == b""


def test_a_file_goes_out_as_it_lies_even_when_the_browser_takes_gzip(staff: Membership) -> None:
    text = b"portico " * 1000
    file = make_file(staff, text, "a.txt")
    response = fetch(staff, file, **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response
    assert (response["Content-Length"], body(response)) == (str(len(text)), text)


@pytest.mark.parametrize(
    ("content", "name", "way"),
    [
        (PNG, "a.png", "inline"),
        (PDF, "a.pdf", "inline"),
        (b"<svg onload='alert(1)'>", "a.svg", "attachment"),
        (b"\x00\x01", "a.bin", "attachment"),
    ],
)
def test_only_harmless_types_are_shown_in_the_page(
    staff: Membership, content: bytes, name: str, way: str
) -> None:
    file = make_file(staff, content, name)
    response = fetch(staff, file, "?disposition=inline")
    assert response["Content-Disposition"].startswith(way)
    assert response["Content-Security-Policy"].startswith("sandbox;")


@pytest.mark.parametrize("query", ["?disposition=page", "?disposition=", "?download=1"])
def test_an_unknown_parameter_is_refused(staff: Membership, file: File, query: str) -> None:
    assert fetch(staff, file, query).status_code == 400


@pytest.mark.parametrize("name", ["日本語.pdf", "a/b.pdf", 'x"y.pdf', "a;b=c.pdf", "ü\u202e.pdf"])
def test_r73_the_download_name_equals_the_upload_name(staff: Membership, name: str) -> None:
    header = fetch(staff, make_file(staff, PDF, name))["Content-Disposition"]
    plain = name.replace("\\", "\\\\").replace('"', '\\"')
    assert header in {
        f'attachment; filename="{plain}"',
        f"attachment; filename*=utf-8''{quote(name)}",
    }


def test_content_that_is_gone_from_the_store_is_410(staff: Membership, file: File) -> None:
    (settings.FILES_ROOT / file.current.storage_key).unlink()  # type: ignore[union-attr]
    response = fetch(staff, file)
    assert (response.status_code, response.json()["code"]) == (410, "GONE")
