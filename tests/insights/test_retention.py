"""Each kind of data has its time, and goes when it is over (R145)."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from apps.accounts.models import Membership, Session, SignInAttempt
from apps.clients.models import Client, Contact
from apps.core import clock
from apps.core.privacy import DEFAULT_TIMES, times_of
from apps.core.tenancy import organization_scope
from apps.events.jobs import run_due
from apps.events.models import Event, Job
from apps.events.services import broken_events
from apps.files.models import File
from apps.files.services import storage
from apps.insights.models import Export, RetentionRun
from apps.insights.services import retire_all, start_run
from apps.notifications.models import Mail, Notification
from apps.projects.models import Project
from tests.approvals.factories import make_approval
from tests.conftest import access_token, api, events_of
from tests.events.test_log import change
from tests.factories import make_client
from tests.files.factories import make_file, make_project, make_shared_file
from tests.insights.factories import export_of, opened
from tests.invoices.factories import make_invoice
from tests.notifications.factories import make_notification
from tests.notifications.mails import make_mail

RUNS = "/api/v1/retention-runs"


def ago(days: int) -> Any:
    return clock.now() - timedelta(days=days)


def retire(person: Membership) -> dict[str, int]:
    """Carry out the times of the person's organization; return what was removed."""
    with organization_scope(person.organization_id):
        RetentionRun.objects.all().delete()
    assert start_run(person.organization_id) is not None
    assert run_due() == 1
    with organization_scope(person.organization_id):
        report: Any = RetentionRun.objects.get().report
    removed: dict[str, int] = report["removed"]
    return removed


def test_r145_the_times_stand_in_one_place_with_the_defaults_of_the_requirement() -> None:
    assert DEFAULT_TIMES["logs_days"] == 90
    assert DEFAULT_TIMES["trash_days"] == 30
    assert DEFAULT_TIMES["audit_years"] == 10
    assert times_of(None).days["audit"] == 3652


@pytest.mark.parametrize("wrong", [0, -1, "30", 1.5, True, None])
def test_a_wrong_time_counts_as_none(wrong: Any) -> None:
    assert times_of({"trash_days": wrong, "other": 1}).days["trash"] == 30


def test_r145_the_trash_is_emptied_and_money_stays(
    owner: Membership, client_a: Client, client_b: Client
) -> None:
    make_invoice(client_a)
    empty = make_client(client_a.organization, "Empty")
    project = make_project(client_b)
    fresh = make_client(client_a.organization, "Fresh")
    with organization_scope(owner.organization_id):
        Client.objects.filter(id__in=[client_a.id, empty.id]).update(
            deleted_at=ago(31), notes="secret"
        )
        Client.objects.filter(id=fresh.id).update(deleted_at=ago(29))
        Project.objects.filter(id=project.id).update(deleted_at=ago(31))
    removed = retire(owner)
    assert removed["clients.companies"] == removed["clients.emptied"] == 1
    assert removed["projects.projects"] == 1
    with organization_scope(owner.organization_id):
        left = dict(Client.objects.values_list("name", "notes"))
        assert left == {"Acme": "", "Birch": "", "Fresh": ""}
    assert "clients.emptied" not in retire(owner)


def test_r145_deleted_files_lose_their_bytes_and_evidence_stays(
    owner: Membership, staff: Membership, alice: Membership, client_a: Client
) -> None:
    gone: Any = make_file(staff, client_id=client_a.id)
    proof: Any = make_shared_file(staff, client_a)
    make_approval(staff, proof, [alice])
    with organization_scope(owner.organization_id):
        File.objects.update(deleted_at=ago(31))
    assert retire(owner)["files.files"] == 1
    with organization_scope(owner.organization_id):
        assert list(File.objects.values_list("id", flat=True)) == [proof.id]
    with pytest.raises(Exception, match=gone.current.storage_key):
        storage().open(gone.current.storage_key)
    assert b"".join(storage().open(proof.current.storage_key))


def test_r145_sessions_attempts_notifications_and_mails_go(
    owner: Membership, alice: Membership
) -> None:
    access_token(alice)
    access_token(alice)
    old = Session.objects.filter(user_id=alice.user_id).earliest("created_at")
    Session.objects.filter(id=old.id).update(expires_at=ago(91))
    SignInAttempt.objects.create(
        organization_id=owner.organization_id, email="x@y.example", address="::1",
        created_at=ago(91),
    )  # fmt: skip
    make_notification(alice, created_at=ago(366))
    make_notification(alice, deleted_at=ago(31))
    kept = make_notification(alice)
    make_mail(alice, created_at=ago(366), state="kept")
    waiting = make_mail(alice, created_at=ago(366))
    removed = retire(owner)
    assert removed["accounts.sessions"] == removed["accounts.failed_sign_ins"] == 1
    assert (removed["notifications.notifications"], removed["notifications.mails"]) == (2, 1)
    with organization_scope(owner.organization_id):
        assert list(Notification.objects.values_list("id", flat=True)) == [kept.id]
        assert list(Mail.objects.values_list("id", flat=True)) == [waiting.id]


def test_r145_old_bodies_of_the_audit_go_and_the_chain_verifies(
    owner: Membership, client_a: Client
) -> None:
    with organization_scope(owner.organization_id):
        change(client_a, 1)
    events_of(owner)
    with clock.moved(timedelta(days=3660)):
        removed = retire(owner)
    assert removed["events.bodies"] >= 1
    with organization_scope(owner.organization_id):
        assert not Event.objects.filter(kind="client.updated", body__isnull=False).exists()
    events_of(owner)
    assert list(broken_events(owner.organization_id)) == []


def test_an_organization_chooses_its_own_times(owner: Membership, alice: Membership) -> None:
    organization = owner.organization
    organization.settings["retention"] = {"notifications_days": 10}
    organization.save(update_fields=["settings"])
    make_notification(alice, created_at=ago(11))
    assert retire(owner)["notifications.notifications"] == 1


def test_expired_exports_lose_their_bytes(owner: Membership, alice: Membership) -> None:
    export = export_of(alice)
    opened(alice, export).close()
    with organization_scope(owner.organization_id):
        Export.objects.update(expires_at=ago(1))
    assert retire(owner)["insights.export_contents"] == 1
    assert api(alice).get(f"/api/v1/exports/{export.id}/content").status_code == 410


def test_r145_a_run_is_reported_to_the_owner_and_in_the_audit(
    owner: Membership, staff: Membership, alice: Membership
) -> None:
    make_notification(alice, created_at=ago(400))
    retire(owner)
    [run] = api(owner).get(RUNS).json()["data"]
    assert run["report"]["removed"]["notifications.notifications"] == 1
    assert run["report"]["days"]["logs"] == 90
    assert api(owner).get(f"{RUNS}/{run['id']}").json()["data"]["status"] == "succeeded"
    assert api(staff).get(RUNS).status_code == 403
    events_of(owner)
    [entry] = api(owner).get("/api/v1/audit-events?action=retention.carried_out").json()["data"]
    assert entry["after"] == {"notifications.notifications": 1}


def test_there_is_one_run_a_day_and_beat_starts_it(
    owner: Membership, mallory: Membership, settings: Any
) -> None:
    assert settings.CELERY_BEAT_SCHEDULE["keep the retention times"]["task"] == "insights.retire"
    assert retire_all() == 2
    assert retire_all() == 0
    with organization_scope(owner.organization_id):
        assert Job.objects.filter(kind="retire").count() == 1


def test_batches_follow_until_nothing_is_left(
    owner: Membership, alice: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.insights.services.retention.BATCH", 2)
    for _ in range(5):
        make_notification(alice, created_at=ago(400))
    assert retire(owner)["notifications.notifications"] == 5


def test_contacts_in_the_trash_go(owner: Membership, alice: Membership) -> None:
    with organization_scope(owner.organization_id):
        Contact.objects.update(deleted_at=ago(31))
    assert retire(owner)["clients.contacts"] == 1


def test_the_command_runs_it_now(owner: Membership, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("retire")
    assert capsys.readouterr().out == "1 runs begun, 1 jobs done\n"
