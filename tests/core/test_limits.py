"""Rate limits: announced, enforced, shared by processes, harmless without Redis (P18, R149)."""

from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core import throttles
from apps.core.throttles import Rate, RateLimited, check, count, rate
from tests.conftest import api
from tests.invoices.factories import make_invoice


def limit_to(person: Membership, text: str) -> None:
    organization = person.organization
    organization.settings["apis"]["rateLimit"] = {"tier": "custom", "limits": {"api": text}}
    organization.save(update_fields=["settings"])


def test_r149_a_limit_is_announced_and_enforced(owner: Membership) -> None:
    limit_to(owner, "3/m")
    client = api(owner)
    answers = [client.get("/api/v1/users/me") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    refused = answers[-1]
    assert (refused["RateLimit-Limit"], refused.json()["code"]) == ("3", "RATE_LIMITED")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["Retry-After"] == refused["RateLimit-Reset"]


def test_r149_a_read_that_needs_the_long_way_counts_once(
    alice: Membership, client_a: Client
) -> None:
    """A contact's visit of an invoice and a foreign, empty list both leave the short way."""
    limit_to(alice, "20/d")
    client, invoice = api(alice), make_invoice(client_a)
    paths = ("users/me", f"invoices/{invoice.id}", f"projects/{uuid4()}/phases", "invoices")
    left = [client.get(f"/api/v1/{path}")["RateLimit-Remaining"] for path in paths * 2]
    assert left == [str(number) for number in range(19, 11, -1)]


def test_the_limit_of_one_person_slows_no_other(owner: Membership, staff: Membership) -> None:
    limit_to(owner, "1/d")
    client = api(owner)
    client.get("/api/v1/users/me")
    assert client.get("/api/v1/users/me").status_code == 429
    assert api(staff).get("/api/v1/users/me").status_code == 200


def test_a_tier_gives_its_limit(owner: Membership) -> None:
    organization = owner.organization
    for tier, limit in (("free", "100"), ("standard", "300"), ("premium", "1200")):
        organization.settings["apis"]["rateLimit"] = {"tier": tier, "limits": {}}
        organization.save(update_fields=["settings"])
        assert api(owner).get("/api/v1/users/me")["RateLimit-Limit"] == limit


def test_an_anonymous_address_is_limited_too(db: None, settings: Any) -> None:
    settings.ANONYMOUS_RATE = "2/d"
    statuses = [api(None).get("/api/v1/users/me").status_code for _ in range(3)]
    assert statuses == [401, 401, 401]
    body = {"email": "a@example.com", "password": "x"}
    logins = [api(None).post("/api/v1/auth/login", body).status_code for _ in range(3)]
    assert logins == [401, 401, 429]


class OtherProcess:
    """What another process has of the limiter: its own buckets, the same Redis."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch, self.buckets = monkeypatch, type(throttles._buckets)()

    def count(self, key: str, limit: Rate) -> int:
        with self.monkeypatch.context() as patch:
            patch.setattr(throttles, "_buckets", self.buckets)
            return count(key, limit).remaining


def test_p18_the_limit_holds_across_two_processes(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, limit = f"shared:{uuid4()}", Rate(1000, 3600)
    other, allowed = OtherProcess(monkeypatch), 0
    for number in range(1200):
        left = other.count(key, limit) if number % 2 else count(key, limit).remaining
        allowed += left >= 0
    assert 980 <= allowed <= 1000


def test_without_redis_a_process_counts_alone(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHE_REDIS_URL = "redis://127.0.0.1:1/0"
    throttles._redis.cache_clear()
    try:
        key = f"alone:{uuid4()}"
        results = [count(key, Rate(2, 3600)).remaining for _ in range(3)]
        assert results == [1, 0, -1]
        with pytest.raises(RateLimited):
            check(key, Rate(2, 3600))
    finally:
        throttles._redis.cache_clear()
        monkeypatch.setattr(throttles._away, "until", 0.0)


def test_rates_are_read_from_text() -> None:
    assert rate("300/m") == Rate(300, 60)
    assert rate("5/15m") == Rate(5, 900)
    assert rate("10/s") == Rate(10, 1)
    with pytest.raises((ValueError, KeyError)):
        rate("many")
