"""Files on the old face: upload, list, download, preview (P40, P58, P63; traps 2 and 5)."""

from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.projects.models import Project
from tests.files.factories import PDF, PNG, make_file, part
from tests.node_api.old import NOWHERE, begin_project, node

UPLOAD = "/api/files/upload"


@pytest.fixture
def project(owner: Membership, client_a: Client) -> Project:
    return begin_project(owner, client_a)


def upload(person: Membership, **form: Any) -> Any:
    return node(person).post(UPLOAD, form, format="multipart")


@pytest.mark.parametrize("name", ["file", "files"])
def test_one_file_comes_back_under_both_names(
    name: str, alice: Membership, project: Project
) -> None:
    answer = upload(alice, **{name: part(PNG, "logo.png"), "project_id": str(project.id)})
    assert answer.status_code == 201
    body = answer.json()
    assert body["message"] == "1 file(s) uploaded successfully"
    assert body["files"] == [body["file"]]
    row = body["file"]
    assert row["name"] == row["original_name"] == "logo.png"
    assert (row["size"], row["file_size"]) == (len(PNG), str(len(PNG)))
    assert row["type"] == row["mime_type"] == "image/png"
    assert row["project_id"] == str(project.id)


def test_ten_files_fit_and_eleven_do_not(alice: Membership) -> None:
    ten = [part(PNG, f"{n}.png") for n in range(10)]
    assert len(upload(alice, files=ten).json()["files"]) == 10
    eleven = [part(PNG, f"{n}.png") for n in range(11)]
    answer = upload(alice, files=eleven)
    assert answer.status_code == 400
    assert answer.json()["code"] == "LIMIT_FILE_COUNT"


def test_more_than_ten_megabytes_is_400(alice: Membership) -> None:
    answer = upload(alice, file=part(b"x" * (10 * 1024 * 1024 + 1), "big.txt"))
    assert answer.status_code == 400
    assert answer.json()["code"] == "LIMIT_FILE_SIZE"
    assert answer.json()["message"] == "File size too large. Maximum size is 10.0MB"
    assert node(alice).get("/api/files").json()["files"] == []


def test_an_upload_without_a_file_is_400(alice: Membership) -> None:
    assert upload(alice, description="x").json()["error"] == "No files uploaded"
    assert node(alice).post(UPLOAD, {}).json()["error"] == "No files uploaded"


def test_a_program_is_refused(alice: Membership) -> None:
    answer = upload(alice, file=part(b"MZ\x90", "x.exe"))
    assert (answer.status_code, answer.json()["code"]) == (400, "UPLOAD_ERROR")


def test_nobody_uploads_into_a_project_he_does_not_see(
    bob: Membership, mallory: Membership, project: Project
) -> None:
    for person in (bob, mallory):
        answer = upload(person, file=part(PNG, "a.png"), project_id=str(project.id))
        assert answer.status_code == 400
        assert answer.json()["details"][0]["path"] == "project_id"
    for value in ("1", "abc", NOWHERE):
        answer = upload(bob, file=part(PNG, "a.png"), project_id=value)
        assert answer.status_code == 400


@pytest.mark.parametrize("folder", ["/designs", "designs", "/designs/"])
def test_a_folder_may_begin_with_a_slash(folder: str, alice: Membership) -> None:
    upload(alice, file=part(PNG, "a.png"), folder="/designs/")
    upload(alice, file=part(PNG, "b.png"))
    rows = node(alice).get("/api/files", {"folder": folder}).json()["files"]
    assert [(row["name"], row["path"]) for row in rows] == [("a.png", "/designs")]


def test_a_check_box_shares_a_file(owner: Membership, alice: Membership, project: Project) -> None:
    upload(owner, file=part(PNG, "a.png"), project_id=str(project.id))
    upload(owner, file=part(PNG, "b.png"), project_id=str(project.id), is_public="on")
    rows = node(alice).get("/api/files").json()["files"]
    assert [(row["name"], row["is_public"]) for row in rows] == [("b.png", True)]
    assert len(node(owner).get("/api/files").json()["files"]) == 2


def test_a_download_is_an_attachment_and_a_preview_is_shown(
    owner: Membership, project: Project
) -> None:
    file = make_file(owner, PDF, "brief.pdf", project_id=project.id)
    answer: Any = node(owner).get(f"/api/files/{file.id}/download")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="brief.pdf"'
    answer = node(owner).get(f"/api/files/{file.id}/preview")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("inline")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Security-Policy"] == "frame-ancestors 'self'"


def test_what_is_no_picture_has_no_thumbnail_and_what_is_no_document_no_preview(
    owner: Membership, project: Project
) -> None:
    document = make_file(owner, PDF, "brief.pdf", project_id=project.id)
    text = make_file(owner, b"plain words", "a.txt", project_id=project.id)
    for file, way in ((document, "thumbnail"), (text, "thumbnail"), (text, "preview")):
        answer = node(owner).get(f"/api/files/{file.id}/{way}")
        assert answer.status_code == 400
        assert "only available for images" in answer.json()["error"]


def test_markup_in_a_picture_runs_nothing(owner: Membership, project: Project) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    file = make_file(owner, svg, "x.svg", project_id=project.id)
    answer = node(owner).get(f"/api/files/{file.id}/preview")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_rename_and_a_deletion(owner: Membership, alice: Membership, project: Project) -> None:
    file = make_file(owner, PNG, "a.png", project_id=project.id, visibility="client")
    path = f"/api/files/{file.id}"
    assert node(owner).put(path, {"name": "b.png"}).json()["file"]["original_name"] == "b.png"
    refusal = node(alice).delete(path)
    assert refusal.status_code == 403
    assert "uploaded yourself" in refusal.json()["message"]
    assert node(owner).delete(path).status_code == 200
    assert node(owner).get(path).status_code == 404
    assert node(owner).get(f"{path}/download").status_code == 404


def test_the_studio_decides_the_limit(owner: Membership) -> None:
    organization = owner.organization
    organization.settings["limits"] = {"node_upload_mb": 1}
    organization.save(update_fields=["settings"])
    answer = upload(owner, file=part(b"x" * (1024 * 1024 + 1), "big.txt"))
    assert answer.json()["message"] == "File size too large. Maximum size is 1.0MB"


def test_uploads_have_a_limit_of_their_own(owner: Membership) -> None:
    organization = owner.organization
    organization.settings["apis"] = {"rateLimit": {"limits": {"upload": "2/d"}}}
    organization.save(update_fields=["settings"])
    statuses = [upload(owner, file=part(PNG, "a.png")).status_code for _ in range(3)]
    assert statuses == [201, 201, 429]
