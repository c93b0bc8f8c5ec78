"""No answer tells whether an e-mail is known: not its status, not its body, not its time (R13)."""

import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.organizations.models import Organization
from tests.conftest import api
from tests.factories import make_member

PEOPLE = 10
FACES = {"/api/v1/auth/login": 200, "/api/auth/login": 40}  # tries of each kind
MOST_SECONDS = 0.020
SHUFFLES = 400


def timed(path: str, email: str, number: int) -> tuple[float, int, Any]:
    """Return seconds, status and body of a wrong sign-in from an address of its own."""
    client, body = api(None), {"email": email, "password": "wrong"}
    began = time.perf_counter()
    answer = client.post(path, body, REMOTE_ADDR=f"198.51.{number // 250}.{number % 250}")
    seconds = time.perf_counter() - began
    found = answer.json()
    found.pop("request_id", None)
    return seconds, answer.status_code, found


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def noise(measure: Callable[[list[float]], float], times: dict[str, list[float]]) -> float:
    """Return how far two groups of this run differ by chance: they are shuffled and compared.

    95 of 100 shuffles differ less. On a quiet machine this is far below 20 ms.
    """
    pooled, half = [*times["known"], *times["unknown"]], len(times["known"])
    differences = []
    for seed in range(SHUFFLES):
        mixed = random.Random(seed).sample(pooled, len(pooled))
        differences.append(abs(measure(mixed[:half]) - measure(mixed[half:])))
    return p95(differences)


@pytest.mark.parametrize("path", FACES)
def test_r13_p01_an_unknown_email_answers_like_a_known_one_and_as_fast(
    path: str, organization: Organization
) -> None:
    """Mean and p95 of tries that were made in turn differ by less than 20 ms, or by chance only."""
    people: list[Membership] = [make_member(organization, "staff") for _ in range(PEOPLE)]
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    answers = set()
    for number in range(FACES[path]):
        emails = {
            "known": people[number % PEOPLE].user.email,
            "unknown": f"nobody-{number % PEOPLE}@example.com",
        }
        for kind, email in emails.items():
            seconds, status, body = timed(path, email, number)
            times[kind].append(seconds)
            answers.add((status, str(body)))
    assert len(answers) == 1
    for measure in (statistics.mean, p95):
        difference = abs(measure(times["known"]) - measure(times["unknown"]))
        assert difference < max(MOST_SECONDS, noise(measure, times))
