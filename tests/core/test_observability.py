"""Logs, metrics and request ids: one line a request, bounded labels, no secret (R203, L49, S72)."""

import json
import logging
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as HttpClient

from apps.accounts.links import link_text
from apps.accounts.models import Membership
from apps.core.keyring import Keyring
from apps.core.logs import JSONFormatter, log
from tests.conftest import access_token, api, events_of
from tests.factories import PASSWORD
from tests.log_guard import kept_log, leaks

NEEDED = {"time", "level", "event", "request_id", "trace_id", "organization_id", "user_id"}


@pytest.fixture
def lines(settings: Any) -> list[str]:
    """The log as it is written, line by line."""
    settings.LOG_REQUESTS = True
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(JSONFormatter().format(record))

    handler = Keep()
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    log.setLevel(logging.INFO)
    return written


def test_l49_each_request_writes_one_line_with_its_ids(owner: Membership, lines: list[str]) -> None:
    answer = api(owner).get("/api/v1/users/me")
    (line,) = [found for text in lines if (found := json.loads(text))["event"] == "request"]
    assert set(line) >= NEEDED
    assert line["request_id"] == answer["X-Request-ID"]
    assert line["organization_id"] == str(owner.organization_id)
    assert (line["method"], line["status"], line["route"]) == ("GET", 200, "api/v1/users/me")
    assert line["duration_ms"] >= 0


def test_r203_no_secret_stands_in_a_log(owner: Membership, lines: list[str]) -> None:
    token = access_token(owner)
    client = HttpClient()
    client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})
    client.get(f"/api/v1/users/me?token={token}")
    client.post(
        "/api/v1/auth/login",
        {"email": owner.user.email, "password": PASSWORD},
        content_type="application/json",
    )
    client.post("/api/v1/auth/login", b"{broken " + PASSWORD.encode(), "application/json")
    log.warning("probe", extra={"api_secret": "hidden-1", "refresh_token": "hidden-2"})
    text = "\n".join(lines)
    assert "probe" in text
    for secret in (token, PASSWORD, "hidden-1", "hidden-2"):
        assert secret not in text


def test_r203_the_guard_of_the_test_run_sees_what_is_issued(
    alice: Membership, tmp_path: Path
) -> None:
    """The whole run's log is searched at its end: here is the proof that a leak would be found."""
    path, issued = tmp_path / "log.jsonl", set[str]()
    with kept_log(path, issued):
        text = access_token(alice)
        link = link_text(uuid4(), "magic_link")
        Keyring.read("k:" + "A" * 43 + "=").seal(uuid4(), "x", "a sealed text of length")
        log.warning("harmless")
    assert issued >= {PASSWORD, text, link, "a sealed text of length"}
    assert leaks(path.read_text(), issued) == []
    for secret in issued:
        assert leaks(f'{{"event": "signed in with {secret}"}}', issued) == [secret]


def test_p38_one_id_leads_from_the_request_to_the_event(owner: Membership) -> None:
    mine = "0b0c0b3e-5f2a-4c8e-9c0e-0a4b7d1f6f10"
    api(owner).post("/api/v1/clients", {"name": "Acme"}, headers={"X-Request-ID": mine})
    assert str(events_of(owner)[-1].request_id) == mine


def test_a_trace_is_continued(owner: Membership) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    api(owner).post("/api/v1/clients", {"name": "Acme"}, headers={"traceparent": trace})
    found = events_of(owner)[-1].traceparent
    assert found.split("-")[1] == trace.split("-")[1]
    assert found != trace


def test_s72_metrics_name_routes_and_never_ids(owner: Membership) -> None:
    row = api(owner).post("/api/v1/clients", {"name": "Acme"}).json()["data"]
    api(owner).get(f"/api/v1/clients/{row['id']}")
    text = HttpClient().get("/metrics").content.decode()
    for name in ("portico_requests_total", "portico_request_seconds", "portico_event_cursor_lag"):
        assert name in text
    assert row["id"] not in text
    assert 'route="api/v1/clients/<uuid:pk>"' in text


@pytest.mark.django_db(transaction=True)
def test_r199_ready_is_503_when_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.core import health

    def away() -> None:
        raise OSError("no database")

    monkeypatch.setitem(health._checks, "database", health.Check("database", away, limit_seconds=1))
    health._results.clear()
    ready = HttpClient().get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "not_ready")
    report = HttpClient().get("/health")
    assert report.status_code == 200
    assert report.json()["status"] == "degraded"
    assert report.json()["checks"]["database"] == "unreachable"
    assert HttpClient().get("/health/live").status_code == 200
    health._results.clear()
