"""Two web services of their own processes: what one saves, the other obeys within 5 s (P107)."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from apps.accounts.models import Membership
from apps.core import clock
from apps.organizations.models import Domain
from tests.deploy.test_processes import HOST, started
from tests.factories import PASSWORD

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
PATIENCE_SECONDS = 5.0
CONFIG = "/api/v1/organization/config"
APP = "https://app.north.example"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[list[httpx.Client]]:
    """Two services as docker-compose.yml starts them, each with two processes."""
    address = f"10.{uuid4().int % 250}.{uuid4().int % 250}.1"
    headers = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": address}
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    with started("web", folders[0]) as one, started("web", folders[1]) as other:
        yield [
            httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=10)
            for port in (one, other)
        ]


def holds(condition: Callable[[], bool]) -> float:
    """Return the seconds until the condition held eight times in a row: in every process."""
    began, times = time.monotonic(), 0
    while times < 8:
        times = times + 1 if condition() else 0
        waited = time.monotonic() - began
        assert waited < PATIENCE_SECONDS, "it did not take effect within 5 s"
    return waited


def test_p107_a_change_takes_effect_in_all_processes_without_a_restart(
    services: list[httpx.Client], owner: Membership
) -> None:
    one, other = services
    body = {"email": owner.user.email, "password": PASSWORD}
    token = one.post("/api/v1/auth/login", json=body).json()["data"]["access_token"]
    for service in services:
        service.headers["Authorization"] = f"Bearer {token}"

    def limit() -> str:
        return other.get("/api/v1/users/me").headers["RateLimit-Limit"]

    def patched(**changes: Any) -> None:
        assert one.patch(CONFIG, json=changes).status_code == 200

    def may_ask() -> bool:
        asked = {"Origin": APP, "Access-Control-Request-Method": "GET"}
        answer = other.options("/api/v1/clients", headers=asked)
        return bool(answer.headers.get("Access-Control-Allow-Origin") == APP)

    assert limit() == "300"
    patched(apis={"rateLimit": {"tier": "premium"}})
    assert limit() == "1200", "a tier is effective at once (P112)"
    assert not may_ask()
    patched(security={"allowed_origins": [APP]})
    holds(may_ask)
    patched(security={"allowed_origins": []})
    holds(lambda: not may_ask())


def test_p115_a_domain_is_served_and_refused_without_a_restart(
    services: list[httpx.Client], owner: Membership
) -> None:
    _one, other = services

    def status() -> int:
        return other.get("/api/v1/bootstrap", headers={"Host": "new.example"}).status_code

    assert status() == 400
    domain = Domain.objects.create(
        organization=owner.organization, name="new.example", proof="p", verified_at=clock.now()
    )
    holds(lambda: status() == 200)
    domain.delete()
    holds(lambda: status() == 400)
