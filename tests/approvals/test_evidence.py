"""What proves an approval, and what makes the proof fail (R49)."""

from datetime import date

import pytest
from django.conf import settings

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.files.models import File, FileVersion
from tests.approvals.factories import APPROVALS, answer, make_approval
from tests.conftest import api, events_of
from tests.files.factories import make_shared_file


@pytest.fixture
def file(staff: Membership, client_a: Client) -> File:
    return make_shared_file(staff, client_a)


def test_r49_evidence_holds_statement_answers_bytes_and_log(
    staff: Membership, alice: Membership, file: File
) -> None:
    approval = make_approval(staff, file, [alice], terms="As shown.").id
    answer(alice, approval)
    events_of(staff)
    data = api(staff).get(f"{APPROVALS}/{approval}/evidence").json()["data"]
    assert data["file"]["matches"] is True
    assert data["file"]["sha256"] == data["file"]["sha256_now"]
    assert "Alice Tester answered “approved”" in data["statement"]
    assert data["decisions"][0]["terms"] == "As shown."
    assert [event["kind"] for event in data["events"]] == [
        "approval.requested", "approval.decided",
    ]  # fmt: skip
    assert all(event["hash"] for event in data["events"])


def test_r49_one_changed_byte_makes_the_verdict_fail(
    staff: Membership, alice: Membership, file: File
) -> None:
    approval = make_approval(staff, file, [alice]).id
    with organization_scope(staff.organization_id):
        path = settings.FILES_ROOT / FileVersion.objects.get(file=file).storage_key
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    place = f"{APPROVALS}/{approval}/evidence"
    assert api(staff).get(place).json()["data"]["file"]["matches"] is False
    path.unlink()
    data = api(staff).get(place).json()["data"]["file"]
    assert (data["matches"], data["sha256_now"]) == (False, None)


def test_evidence_shows_a_contact_only_events_that_are_his(
    staff: Membership, alice: Membership, file: File
) -> None:
    approval = make_approval(staff, file, [alice]).id
    data = api(alice).get(f"{APPROVALS}/{approval}/evidence").json()["data"]
    assert len(data["events"]) == 1
    assert date.fromisoformat(data["events"][0]["occurred_at"][:10])
