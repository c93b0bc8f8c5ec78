"""The audit leaves for other systems complete, in order, and provable."""

import json
import re
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.events import export
from apps.events.models import Event
from tests.conftest import api
from tests.factories import make_client


def lines(*arguments: object) -> list[str]:
    out = StringIO()
    call_command("audit", "export", *map(str, arguments), stdout=out)
    return out.getvalue().splitlines()


def records(*arguments: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(*arguments)]


@pytest.fixture
def busy(owner: Membership, client_a: Client, transactional_db: None) -> Membership:
    """An owner who did something about security and something else."""
    api(owner).post("/api/v1/auth/login", {"email": owner.user.email, "password": "wrong"})
    api(owner).post("/api/v1/clients", {"name": "Harbour"})
    api(owner).post("/api/v1/auth/logout")
    return owner


def test_the_export_holds_what_concerns_security_and_no_client_work(busy: Membership) -> None:
    found = records("--organization", busy.organization_id)
    kinds = [record["kind"] for record in found]
    assert {"user.signed_in", "user.sign_in_failed", "session.revoked"} <= set(kinds)
    assert "client.created" not in kinds
    assert [record["sequence"] for record in found] == sorted(r["sequence"] for r in found)
    failed = next(record for record in found if record["kind"] == "user.sign_in_failed")
    assert failed["data"]["email"] == busy.user.email


def test_all_kinds_leave_without_a_gap_and_the_last_hash_is_the_anchor(busy: Membership) -> None:
    found = records("--organization", busy.organization_id, "--kinds", "#")
    assert [record["sequence"] for record in found] == list(range(1, len(found) + 1))
    out = StringIO()
    call_command("audit", "anchor", "--json", f"--organization={busy.organization_id}", stdout=out)
    anchor = json.loads(out.getvalue())
    assert (anchor["seq"], anchor["hash"]) == (found[-1]["sequence"], found[-1]["hash"])


def test_a_reader_goes_on_after_the_number_it_has(
    busy: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "BATCH", 2)
    whole = records("--organization", busy.organization_id, "--kinds", "#")
    for number in range(len(whole) + 1):
        rest = records("--organization", busy.organization_id, "--kinds", "#", "--after", number)
        assert rest == whole[number:]


def test_a_number_without_its_organization_is_refused(
    busy: Membership, mallory: Membership
) -> None:
    make_client(mallory.organization, "Theirs")
    with pytest.raises(CommandError, match="within one organization"):
        lines("--after", 3)


@pytest.mark.parametrize(
    "wrong", [("--kinds", "user.*,nonsense"), ("--after", "-1"), ("--organization", uuid4())]
)
def test_a_wrong_option_is_said_and_nothing_is_written(busy: Membership, wrong: Any) -> None:
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("audit", "export", *(f"{wrong[0]}={wrong[1]}",), stdout=out)
    assert out.getvalue() == ""


def test_syslog_lines_are_of_rfc_5424_and_alarming_ones_stand_out(busy: Membership) -> None:
    form = re.compile(
        r"<(?P<priority>\d+)>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ portico - "
        r"(?P<kind>[a-z_.]+) - (?P<message>\{.*\})"
    )
    for line in lines("--organization", busy.organization_id, "--format", "syslog"):
        found = form.fullmatch(line)
        assert found is not None, line
        record = json.loads(found["message"])
        alarming = record["kind"] in {"user.sign_in_failed", "session.revoked"}
        assert found["kind"] == record["kind"]
        assert int(found["priority"]) == (108 if alarming else 109)


def test_an_erased_event_keeps_its_place_without_its_data(busy: Membership) -> None:
    with organization_scope(busy.organization_id):
        Event.objects.filter(kind="user.sign_in_failed").update(body=None)
    found = records("--organization", busy.organization_id)
    erased = next(record for record in found if record["kind"] == "user.sign_in_failed")
    assert erased["data"] is None
    assert erased["hash"]
