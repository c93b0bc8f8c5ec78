"""A person takes along all that is held about him, and nothing of others (P23, R35)."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import Membership, Session
from apps.clients.models import Client
from apps.core import clock
from apps.core.tenancy import organization_scope
from apps.events.jobs import run_due
from apps.events.models import Job
from apps.files.services import storage
from apps.insights.models import Export
from tests.approvals.factories import make_approval
from tests.conftest import access_token, api, assert_constant_queries, events_of
from tests.files.factories import PDF, make_file, make_shared_file
from tests.insights.factories import EXPORTS, export_of, opened, part, settle
from tests.invoices.factories import make_draft, make_invoice
from tests.messaging.factories import make_conversation, make_message
from tests.notifications.factories import make_notification
from tests.notifications.mails import mails


@pytest.fixture
def life(alice: Membership, bob: Membership, staff: Membership, client_a: Client) -> Any:
    """Something of alice in each part of the portal, and the like of others."""
    talk = make_conversation(staff, alice, subject="Logo")
    make_message(talk, alice, "It is blue — O'Brien 🙂")
    make_message(talk, staff, "What staff wrote")
    made = make_file(alice, name="sketch.pdf", client_id=client_a.id)
    make_file(staff, PDF + b"other", name="secret-of-staff.pdf", client_id=client_a.id)
    make_approval(staff, make_shared_file(staff, client_a), [alice])
    make_invoice(client_a)
    make_draft(client_a)
    make_notification(alice, title="For alice")
    make_notification(bob, title="For bob")
    return made


def test_p23_r35_a_person_downloads_all_about_himself(alice: Membership, life: Any) -> None:
    archive = opened(alice, export_of(alice))
    assert archive.testzip() is None
    [profile] = part(archive, "profile")
    assert profile["email"] == alice.user.email
    assert [row["body"] for row in part(archive, "messages")] == ["It is blue — O'Brien 🙂"]
    assert [row["subject"] for row in _renamed(part(archive, "conversations"))] == ["Logo"]
    assert [row["name"] for row in part(archive, "files")] == ["sketch.pdf"]
    assert archive.read(f"files/{life.id}/1/sketch.pdf") == PDF
    assert len(part(archive, "invoices")) == 1  # the draft is not for her eyes
    assert [row["title"] for row in part(archive, "notifications")] == ["For alice"]
    assert len(part(archive, "approvals_asked_of_you")) == 1
    assert [row["email"] for row in part(archive, "contacts")] == [alice.user.email]
    assert part(archive, "sessions")[0]["user_agent"] == "tests"
    assert {"file.uploaded", "message.sent"} <= {row["kind"] for row in part(archive, "events")}


def _renamed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"subject": row["conversation__subject"]} for row in rows]


def test_r35_the_index_names_each_part_with_its_number(alice: Membership, life: Any) -> None:
    archive = opened(alice, export_of(alice))
    index = part(archive, "index")
    assert index["person"] == str(alice.user_id)
    for entry in index["parts"]:
        assert len(part(archive, entry["file"].removesuffix(".json"))) == entry["entries"]
        assert entry["about"]
    listed = {entry["file"] for entry in index["parts"]} | {"index.json", "README.txt"}
    assert listed == {name for name in archive.namelist() if not name.startswith("files/")}


def test_r35_nothing_of_others_and_no_secret_is_in_it(
    alice: Membership, bob: Membership, life: Any
) -> None:
    token = access_token(alice)
    archive = opened(alice, export_of(alice))
    text = b"".join(archive.read(name) for name in archive.namelist())
    for foreign in ("For bob", "What staff wrote", "secret-of-staff", bob.user.email):
        assert foreign.encode() not in text
    for secret in (alice.user.password, token, "token_hash", '"salt"', "argon2"):
        assert secret.encode() not in text


def test_the_export_is_told_by_event_and_mail_and_followed_by_its_job(
    alice: Membership, life: Any
) -> None:
    export = export_of(alice)
    settle(alice.organization_id)
    kinds = [event.kind for event in events_of(alice)]
    assert kinds.count("export.ready") == 1
    assert "Your export is ready" in [mail.subject for mail in mails(alice)]
    shown = api(alice).get(f"{EXPORTS}/{export.id}").json()["data"]
    assert (shown["status"], shown["progress"], shown["format"]) == ("succeeded", 100, "zip")
    stored = b"".join(storage().open(export.storage_key))
    assert shown["sha256"] == hashlib.sha256(stored).hexdigest()
    assert shown["size"] == len(stored)


def test_the_owner_exports_for_a_person_and_an_admin_not_for_the_owner(
    owner: Membership, alice: Membership, staff: Membership, mallory: Membership
) -> None:
    export = export_of(owner, user_id=str(alice.user_id))
    assert part(opened(owner, export), "profile")[0]["email"] == alice.user.email
    asked = {"kind": "personal_data", "user_id": str(alice.user_id)}
    assert api(staff).post(EXPORTS, asked).status_code == 403
    assert api(mallory).post(EXPORTS, asked).status_code == 400
    owner.role = "admin"
    boss = Membership.objects.create(
        organization=owner.organization, user=mallory.user, role="owner"
    )
    owner.save(update_fields=["role"])
    assert api(owner).post(EXPORTS, asked | {"user_id": str(boss.user_id)}).status_code == 403


def test_the_owner_sees_that_a_person_exported_but_not_the_bytes(
    owner: Membership, alice: Membership, bob: Membership
) -> None:
    export = export_of(alice)
    assert api(owner).get(f"{EXPORTS}/{export.id}").status_code == 200
    assert api(owner).get(f"{EXPORTS}/{export.id}/content").status_code == 403
    assert api(bob).get(f"{EXPORTS}/{export.id}/content").status_code == 404


def test_an_export_expires_after_seven_days(alice: Membership) -> None:
    export = export_of(alice)
    with clock.moved(timedelta(days=7, minutes=1)), organization_scope(alice.organization_id):
        from apps.insights.errors import ExportExpired
        from apps.insights.services import content_of

        with pytest.raises(ExportExpired):
            content_of(alice.actor(), export)


def test_r25_an_export_and_an_erasure_ask_for_a_fresh_proof(owner: Membership) -> None:
    client = api(owner)
    Session.objects.filter(user_id=owner.user_id).update(proved_at=clock.now() - timedelta(hours=1))
    asked = client.post(EXPORTS, {"kind": "personal_data"})
    erased = client.post(f"/api/v1/users/{owner.user_id}/erasures", {})
    assert asked.status_code == erased.status_code
    assert "methods" in asked.json()["details"]
    assert "methods" in erased.json()["details"]


def test_one_export_at_a_time(alice: Membership) -> None:
    first = api(alice).post(EXPORTS, {"kind": "personal_data"})
    second = api(alice).post(EXPORTS, {"kind": "personal_data"})
    assert (first.status_code, second.status_code) == (202, 409)
    assert second.json()["details"]["rule"] == "export_running"


@pytest.mark.parametrize("body", [{}, {"kind": "everything"}, {"kind": "personal_data", "a": 1}])
def test_a_wrong_body_is_refused(alice: Membership, body: dict[str, Any]) -> None:
    assert api(alice).post(EXPORTS, body).status_code == 400


def test_an_interrupted_export_begins_again_and_ends_whole(
    alice: Membership, life: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits: list[str] = []

    def interrupt(name: str) -> None:
        if name == "exports.before_keep" and not hits:
            hits.append(name)
            raise KeyboardInterrupt

    monkeypatch.setattr("apps.core.failpoints.hit", interrupt)
    job_id = api(alice).post(EXPORTS, {"kind": "personal_data"}).json()["data"]["job_id"]
    with pytest.raises(KeyboardInterrupt):
        run_due()
    with organization_scope(alice.organization_id):
        Job.objects.filter(id=job_id).update(lease_until=clock.now() - timedelta(hours=1))
    assert run_due() == 1
    with organization_scope(alice.organization_id):
        export = Export.objects.get(job_id=job_id)
    assert opened(alice, export).testzip() is None


def test_a_cancelled_export_leaves_no_bytes(alice: Membership, owner: Membership) -> None:
    job_id = api(alice).post(EXPORTS, {"kind": "personal_data"}).json()["data"]["job_id"]
    assert api(alice).post(f"/api/v1/jobs/{job_id}/cancellations").status_code == 200
    assert run_due() == 0
    with organization_scope(alice.organization_id):
        export = Export.objects.get(job_id=job_id)
    assert api(alice).get(f"{EXPORTS}/{export.id}/content").status_code == 409


def test_lost_bytes_are_named_and_do_not_stop_the_export(alice: Membership, life: Any) -> None:
    storage().delete(life.current.storage_key)
    archive = opened(alice, export_of(alice))
    [files] = [entry for entry in part(archive, "index")["parts"] if entry["file"] == "files.json"]
    assert files["missing"] == [f"files/{life.id}/1/sketch.pdf"]


def test_the_list_costs_the_same_for_many(alice: Membership) -> None:
    client = api(alice)

    def grow() -> None:
        with organization_scope(alice.organization_id):
            job = Job.objects.create(organization_id=alice.organization_id, kind="write_export")
            Export.objects.create(
                organization_id=alice.organization_id, kind="personal_data", user=alice.user,
                requested_by=alice.user, job=job,
            )  # fmt: skip

    assert_constant_queries(lambda: client.get(EXPORTS), grow)


@pytest.mark.parametrize("rows", [40, 1040])
def test_many_messages_are_read_in_pages(alice: Membership, staff: Membership, rows: int) -> None:
    from apps.messaging.models import Message

    talk = make_conversation(staff, alice)
    with organization_scope(alice.organization_id):
        Message.objects.bulk_create(
            Message(organization_id=alice.organization_id, conversation=talk, sender=alice.user,
                    number=number, body=f"Message {number}")
            for number in range(rows)
        )  # fmt: skip
    messages = part(opened(alice, export_of(alice)), "messages")
    assert sorted(row["number"] for row in messages) == list(range(rows))
