"""Nobody learns from an answer or its time whether an address has an account (R13)."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.organizations.models import Organization
from tests.accounts.letters import post
from tests.factories import make_client, make_member

TRIES = 60
MOST_MS = 20.0
SECRET = "a quiet lighthouse"


def difference_ms(known: Callable[[int], Any], unknown: Callable[[int], Any]) -> float:
    """Return by how much the mean times of two requests differ, taken in turns.

    The slowest tenth of each is left out: it belongs to the machine and not to the code.
    """
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(TRIES + 3):
        for name, request in (("known", known), ("unknown", unknown)):
            began = time.perf_counter()
            answer = request(number)
            if number >= 3:  # the first ones load what is loaded once
                times[name].append((time.perf_counter() - began) * 1000)
            assert answer.status_code in {201, 202}
    means = [statistics.mean(sorted(one)[: TRIES * 9 // 10]) for one in times.values()]
    return abs(means[0] - means[1])


@pytest.fixture(autouse=True)
def _no_limits(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.accounts.services import mailed_links, registering

    settings.ANONYMOUS_RATE = "100000/m"
    settings.INVITATION_RATE = settings.INVITATION_ADDRESS_RATE = "100000/h"
    settings.RATE_TIERS = {"standard": {"api": "100000/m", "api_key": "1/m", "upload": "1/m"}}
    for module in (mailed_links, registering):
        monkeypatch.setattr(module, "MOST", 10_000)
        monkeypatch.setattr(module, "MOST_FROM_ONE_ADDRESS", 10_000)


@pytest.mark.parametrize("path", ["/auth/password-resets", "/auth/magic-links"])
def test_r13_a_wish_for_a_link_takes_as_long_for_an_unknown_address(
    alice: Membership, path: str
) -> None:
    gap = difference_ms(
        lambda _n: post(path, email=alice.user.email),
        lambda _n: post(path, email="nobody@example.com"),
    )
    assert gap < MOST_MS


def test_r13_a_sign_up_takes_as_long_for_an_unknown_address(
    organization: Organization, alice: Membership
) -> None:
    organization.settings["features"] = {"open_registration": True}
    organization.save(update_fields=["settings"])
    names = {"password": SECRET, "first_name": "Ann", "last_name": "Lee"}
    gap = difference_ms(
        lambda _n: post("/auth/register", email=alice.user.email, **names),
        lambda _n: post("/auth/register", email="nobody@example.com", **names),
    )
    assert gap < MOST_MS


def test_r13_an_invitation_takes_as_long_for_an_unknown_address(
    owner: Membership, mallory: Membership
) -> None:
    from tests.conftest import api

    client = api(owner)
    others = [make_member(mallory.organization, "staff") for _ in range(TRIES + 3)]
    company = make_client(owner.organization, "Acme")

    def invite(email: str) -> Any:
        body = {"email": email, "role": "client", "client_id": str(company.id)}
        return client.post("/api/v1/invitations", body)

    gap = difference_ms(
        lambda n: invite(others[n].user.email), lambda n: invite(f"nobody-{n}@example.com")
    )
    assert gap < MOST_MS
