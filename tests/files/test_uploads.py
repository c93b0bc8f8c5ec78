"""Uploading: what arrives is kept whole, named, hashed and checked, or leaves nothing behind."""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.accounts.models import Membership
from apps.clients.models import Client, Contact
from apps.core.tenancy import organization_scope
from apps.files.intake import EICAR
from apps.files.models import File, FileVersion
from tests.conftest import api, events_of
from tests.factories import make_contact
from tests.files.factories import (
    FILES,
    PDF,
    PNG,
    file_events,
    make_file,
    make_project,
    part,
    upload,
)

C17 = {
    "id", "name", "size", "content_type", "sha256", "version", "project_id", "client_id",
    "folder", "tags", "visibility", "scan_status", "thumbnail_url", "created_at", "updated_at",
}  # fmt: skip


def stored() -> list[Path]:
    """Return every file in the store, half-written ones too."""
    return [path for path in Path(settings.FILES_ROOT).rglob("*") if path.is_file()]


def set_limits(person: Membership, **limits: int) -> None:
    organization = person.organization
    organization.settings["limits"] |= limits
    organization.save(update_fields=["settings"])


def fault(response: Any) -> tuple[int, str, str]:
    body = response.json()
    details = body["details"]
    named = details[0]["field"] if isinstance(details, list) else (details or {}).get("rule", "")
    return response.status_code, body["code"], named


def test_p58_an_upload_answers_the_file_with_all_fields_of_c17(
    staff: Membership, client_a: Client
) -> None:
    project = make_project(client_a)
    response = upload(
        staff, project_id=str(project.id), folder="/Brand//Logos/", tags=["logo", "a, b"],
        visibility="client", description="First",
    )  # fmt: skip
    assert response.status_code == 201, response.json()
    data = response.json()["data"]
    assert set(data) >= C17
    assert response["Location"] == f"{FILES}/{data['id']}"
    assert response["ETag"]
    wanted = {
        "name": "guide.pdf", "size": len(PDF), "content_type": "application/pdf", "version": 1,
        "sha256": hashlib.sha256(PDF).hexdigest(), "project_id": str(project.id),
        "client_id": str(client_a.id), "folder": "Brand/Logos", "tags": ["logo", "a, b"],
        "visibility": "client", "scan_status": "clean", "thumbnail_url": None,
    }  # fmt: skip
    assert {name: data[name] for name in wanted} == wanted
    event = events_of(staff)[-1]
    assert (event.kind, event.audience, event.client_id) == (
        "file.uploaded", "client", client_a.id,
    )  # fmt: skip


def test_several_files_answer_a_list_in_their_order(staff: Membership) -> None:
    form = {"files": [part(PDF, "z.pdf"), part(PNG, "a.png")]}
    data = api(staff).post(FILES, form, format="multipart").json()["data"]
    assert [(row["name"], row["content_type"]) for row in data] == [
        ("z.pdf", "application/pdf"),
        ("a.png", "image/png"),
    ]


def test_one_file_sent_as_files_answers_a_list_too(staff: Membership) -> None:
    response = api(staff).post(FILES, {"files": [part()]}, format="multipart")
    assert len(response.json()["data"]) == 1


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "a/b\\c.pdf",
        "..",
        "日本語 ünï.pdf",
        "🎨" * 63 + ".a",
        'say "hi".pdf',
        "%2e%2e",
    ],
)
def test_r73_any_name_is_kept_for_display_and_is_never_a_path(staff: Membership, name: str) -> None:
    form, kind = multipart(PDF, name)
    response = api(staff).post(FILES, form, content_type=kind)
    assert response.status_code == 201, response.json()
    assert response.json()["data"]["name"] == name
    (path,) = stored()
    assert path.relative_to(settings.FILES_ROOT).parts[0] == "kept"
    content = api(staff).get(f"{FILES}/{response.json()['data']['id']}/content")
    assert content.status_code == 200
    assert "attachment" in content["Content-Disposition"]


def multipart(content: bytes, name: str, **fields: str) -> tuple[bytes, str]:
    """Return a body as a browser makes it, names unchanged, and its content type."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    lines = [
        f'--XX\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{text}\r\n'
        for field, text in fields.items()
    ]
    head = f'--XX\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n'
    body = "".join(lines) + head + "Content-Type: text/plain\r\n\r\n"
    return body.encode() + content + b"\r\n--XX--\r\n", "multipart/form-data; boundary=XX"


@pytest.mark.parametrize("name", ["a\x00b.pdf", "a\x07.pdf", "   ", "x" * 256, "é" * 128])
def test_r73_a_name_that_is_none_is_refused(staff: Membership, name: str) -> None:
    form, kind = multipart(PDF, name)
    response = api(staff).post(FILES, form, content_type=kind)
    assert fault(response) == (400, "VALIDATION_ERROR", "file")
    assert stored() == []


def test_r66_an_empty_file_is_refused(staff: Membership) -> None:
    assert fault(upload(staff, b"")) == (422, "BUSINESS_RULE", "empty_file")
    assert stored() == []


def test_r66_another_hash_than_the_declared_one_is_refused(staff: Membership) -> None:
    response = upload(staff, sha256="0" * 64)
    assert fault(response) == (422, "BUSINESS_RULE", "not_as_declared")
    assert stored() == []
    assert upload(staff, sha256=hashlib.sha256(PDF).hexdigest().upper()).status_code == 201


def test_r66_another_length_than_the_declared_one_is_refused(staff: Membership) -> None:
    form, kind = multipart(PDF, "a.pdf")
    form = form.replace(b"Content-Type: text/plain", b"Content-Length: 5")
    response = api(staff).post(FILES, form, content_type=kind)
    assert fault(response) == (422, "BUSINESS_RULE", "not_as_declared")
    assert stored() == []


def test_r64_a_file_over_the_limit_leaves_nothing(staff: Membership) -> None:
    set_limits(staff, upload_mb=1)
    form = {"files": [part(), part(b"x" * (1024 * 1024 + 1), "big.txt")]}
    response = api(staff).post(FILES, form, format="multipart")
    assert fault(response) == (413, "PAYLOAD_TOO_LARGE", "file_too_large")
    assert stored() == []
    assert upload(staff, b"x" * 1024 * 1024).status_code == 201


def test_an_upload_that_says_it_is_too_large_is_refused_unread(staff: Membership) -> None:
    set_limits(staff, upload_mb=1, upload_files=1)
    form, kind = multipart(PDF, "a.pdf")
    response = api(staff).post(FILES, form, content_type=kind, CONTENT_LENGTH=str(3 * 1024 * 1024))
    assert fault(response)[:2] == (413, "PAYLOAD_TOO_LARGE")


def test_p58_more_files_than_allowed_leave_nothing(staff: Membership) -> None:
    form = {"files": [part(name=f"{n}.pdf") for n in range(11)]}
    response = api(staff).post(FILES, form, format="multipart")
    assert fault(response) == (413, "PAYLOAD_TOO_LARGE", "too_many_files")
    assert stored() == []


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00\x03\x00", "photo.png"),
        (b"\x7fELF\x02\x01", "tool"),
        (b"#!/bin/sh\nrm -rf /\n", "notes.txt"),
        (b"  <!-- x -->\n<!DOCTYPE html><p>", "page.pdf"),
        (b"<script>alert(1)</script>", "logo.png"),
        (b"\xef\xbb\xbf<html>", "a.txt"),
        ("<html>".encode("utf-16"), "a.txt"),
        (b"just text", "run.exe"),
        (b"just text", "RUN.BAT"),
    ],
)
def test_p61_programs_and_pages_are_refused_by_their_content(
    staff: Membership, content: bytes, name: str
) -> None:
    assert fault(upload(staff, content, name)) == (422, "BUSINESS_RULE", "type_not_allowed")
    assert stored() == []


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF, "liar.png", "application/pdf"),
        (PNG, "liar.pdf", "image/png"),
        (b"\xff\xd8\xff\xe0abc", "a", "image/jpeg"),
        (b"GIF89a/*<script>*/", "polyglot.html", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a.webp", "image/webp"),
        (b"\x00\x00\x00\x18ftypmp42\x00", "a.mp4", "video/mp4"),
        (b"\x00\x00\x00\x18ftypqt  \x00", "a.mov", "video/quicktime"),
        (b"<?xml version='1.0'?><!-- a --><svg xmlns='x'>", "a.svg", "image/svg+xml"),
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        ("grüße".encode(), "a.txt", "text/plain"),
        (b"In HTML a <form> holds <input>", "help.md", "text/markdown"),
        (b"\x00\x01\x02", "a.bin", "application/octet-stream"),
        (b"caf\xe9", "latin.txt", "application/octet-stream"),
    ],
)
def test_p61_the_type_comes_from_the_content(
    staff: Membership, content: bytes, name: str, kind: str
) -> None:
    assert upload(staff, content, name).json()["data"]["content_type"] == kind


def archive(**entries: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return target.getvalue()


def test_an_office_document_is_told_from_an_archive_by_its_name(staff: Membership) -> None:
    content = archive(word=b"x")
    kinds = [upload(staff, content, name).json()["data"] for name in ("a.zip", "a.docx")]
    assert kinds[0]["content_type"] == "application/zip"
    assert kinds[1]["content_type"].endswith("wordprocessingml.document")


@pytest.mark.parametrize("lead", [0, 262_144 - 30, 524_288 - 1])
def test_r65_the_test_virus_is_kept_apart_and_never_served(
    staff: Membership, client_a: Client, alice: Membership, lead: int
) -> None:
    project = make_project(client_a)
    response = upload(
        staff, b"a" * lead + EICAR, "x.txt", project_id=str(project.id), visibility="client"
    )
    assert response.status_code == 201
    data = response.json()["data"]
    assert data["scan_status"] == "infected"
    assert "EICAR" in data["scan_report"]
    assert [path.relative_to(settings.FILES_ROOT).parts[0] for path in stored()] == ["apart"]
    content = f"{FILES}/{data['id']}/content"
    assert fault(api(staff).get(content)) == (403, "PERMISSION_DENIED", "quarantined")
    assert api(alice).get(content).status_code == 404
    assert api(alice).get(FILES).json()["data"] == []
    assert file_events(staff) == ["file.quarantined"]


def test_r65_an_archive_bomb_is_kept_apart(staff: Membership) -> None:
    bomb = bytearray(archive(zeros=bytes(100_000)))
    at = bomb.rindex(b"PK\x01\x02") + 24
    bomb[at : at + 4] = (2**32 - 2).to_bytes(4, "little")
    data = upload(staff, bytes(bomb), "big.zip").json()["data"]
    assert (data["scan_status"], data["scan_report"]) == ("infected", "archive bomb")


def test_r65_a_clean_file_says_which_checks_ran(staff: Membership) -> None:
    report = upload(staff).json()["data"]["scan_report"]
    assert all(word in report for word in ("type", "size", "name", "test virus", "archive"))


def test_r67_the_same_name_in_the_same_place_makes_a_version(
    staff: Membership, client_a: Client
) -> None:
    project = str(make_project(client_a).id)
    first = upload(staff, project_id=project).json()["data"]
    second = upload(staff, PDF + b"2", project_id=project).json()["data"]
    assert (second["id"], second["version"]) == (first["id"], 2)
    elsewhere = upload(staff, project_id=project, folder="Other").json()["data"]
    assert elsewhere["id"] != first["id"]
    assert file_events(staff) == ["file.uploaded", "file.version_added", "file.uploaded"]


def test_one_name_twice_in_one_upload_makes_two_versions(staff: Membership) -> None:
    form = {"files": [part(PDF), part(PDF + b"2")]}
    rows = api(staff).post(FILES, form, format="multipart").json()["data"]
    assert rows[0]["id"] == rows[1]["id"]
    assert rows[1]["version"] == 2


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"project_id": "no id"}, "project_id"),
        ({"project_id": "0193a1f0-5b7e-7c11-9a53-0d7e5c1f2a10"}, "project_id"),
        ({"client_id": "0193a1f0-5b7e-7c11-9a53-0d7e5c1f2a10"}, "client_id"),
        ({"visibility": "everybody"}, "visibility"),
        ({"folder": "x" * 501}, "folder"),
        ({"tags": ["x" * 41]}, "tags.0"),
        ({"description": "a\x00b"}, "description"),
        ({"sha256": "short"}, "sha256"),
        ({"owner": "me"}, "owner"),
    ],
)
def test_p21_wrong_fields_are_named_and_leave_nothing(
    staff: Membership, fields: dict[str, Any], named: str
) -> None:
    response = upload(staff, **fields)
    assert response.status_code == 400
    assert response.json()["details"][0]["field"].startswith(named.partition(".")[0])
    assert stored() == []
    with organization_scope(staff.organization_id):
        assert not FileVersion.objects.exists()


def test_a_form_without_a_file_is_refused(staff: Membership) -> None:
    response = api(staff).post(FILES, {"folder": "x"}, format="multipart")
    assert fault(response) == (400, "VALIDATION_ERROR", "file")


def test_a_file_under_another_field_is_refused(staff: Membership) -> None:
    response = api(staff).post(FILES, {"attachment": part()}, format="multipart")
    assert fault(response) == (400, "VALIDATION_ERROR", "attachment")


@pytest.mark.parametrize("cut", [1, 9, 12, 60])
def test_a_body_that_ends_early_leaves_nothing(staff: Membership, cut: int) -> None:
    form, kind = multipart(PDF, "a.pdf")
    response = api(staff).post(FILES, form[: -cut - 2], content_type=kind)
    assert fault(response)[:2] == (400, "MALFORMED_REQUEST")
    assert stored() == []


def test_a_project_of_another_studio_or_client_is_unknown(
    staff: Membership, mallory: Membership, alice: Membership, client_b: Client
) -> None:
    project = str(make_project(client_b).id)
    assert fault(upload(mallory, project_id=project)) == (400, "VALIDATION_ERROR", "project_id")
    assert fault(upload(alice, project_id=project)) == (400, "VALIDATION_ERROR", "project_id")
    assert fault(upload(alice, client_id=str(client_b.id)))[2] == "client_id"
    assert stored() == []


def test_a_contact_uploads_visibly_for_his_own_company(
    alice: Membership, client_a: Client, staff: Membership
) -> None:
    data = upload(alice, visibility="staff").json()["data"]
    assert (data["client_id"], data["visibility"]) == (str(client_a.id), "client")
    assert api(staff).get(f"{FILES}/{data['id']}").status_code == 200


def test_a_contact_who_only_looks_may_not_upload(client_a: Client) -> None:
    viewer = make_contact(client_a, "vera", Contact.Role.VIEWER)
    assert fault(upload(viewer))[0] == 403
    assert stored() == []


def test_a_contact_neither_learns_of_nor_writes_into_a_file_of_the_studio(
    staff: Membership, alice: Membership, client_a: Client
) -> None:
    project = make_project(client_a)
    hidden = make_file(staff, name="guide.pdf", project_id=project.id)
    own = upload(alice, PDF + b"mine", project_id=str(project.id)).json()["data"]
    assert own["version"] == 1
    with organization_scope(staff.organization_id):
        assert File.objects.get(id=hidden.id).versions.count() == 1


def test_p18_uploads_have_a_limit_of_their_own(staff: Membership) -> None:
    organization = staff.organization
    organization.settings["apis"]["rateLimit"]["limits"]["upload"] = "2/d"
    organization.save(update_fields=["settings"])
    assert [upload(staff).status_code for _ in range(3)] == [201, 201, 429]
