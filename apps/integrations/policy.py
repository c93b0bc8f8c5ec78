"""The numbers of deliveries (`integration.md`, section 5.5), without tables or network.

What happens after an attempt depends on its answer, on how many there were, and on chance, which
the caller passes in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom

from django.conf import settings

from apps.connections.http import Answer, Outcome

Chance = Callable[[], float]  # from 0 up to 1

MINUTE, HOUR, DAY = 60, 3600, 86_400
WAITS = (
    0, 5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, DAY,
)  # fmt: skip
MAX_ATTEMPTS = len(WAITS)
SPREAD = 0.2
LEAST_PAUSE, MOST_PAUSE = MINUTE, DAY

BACKLOG = 100_000
BREAKER_WINDOW_SECONDS = 60
BREAKER_CALLS = 20
BREAKER_SHARE = 0.5
BREAKER_OPEN_SECONDS, BREAKER_MOST_SECONDS = 30, 300
PERMITS = 3
DISABLE_AFTER_HOURS, DISABLE_AFTER_FAILURES = 120, 20
NOTICE_FAILURES = 10
SHARE_OF_ONE_ORGANIZATION = 0.25
MAX_REPLAYED = 10_000
REPLAY_PRIORITY = 9

chance: Chance = SystemRandom().random


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery that was not delivered. Seconds; None: no further attempt."""

    wait_seconds: float | None
    pause_seconds: int = 0
    disable: bool = False


def verdict(answer: Answer, attempts: int, chance: Chance) -> Verdict:
    """Judge a failed attempt, the `attempts`-th of its delivery.

    `pause_seconds` holds the whole connection, as `Retry-After` of 429 and 503 asks (R155, C6).
    """
    pause = pause_seconds(answer)
    if answer.outcome == Outcome.PERMANENT:
        return Verdict(None, pause, disable=answer.status == 410)
    if attempts >= MAX_ATTEMPTS:
        return Verdict(None, pause)
    wait = WAITS[attempts] * (1 - SPREAD + 2 * SPREAD * chance())
    if answer.status == 429 or answer.timed_out:
        wait = max(wait, LEAST_PAUSE)
    return Verdict(max(wait, pause), pause)


def pause_seconds(answer: Answer) -> int:
    """Return for how long the peer asks to be left alone: 0, or 60 s to 24 h."""
    if answer.status not in {429, 503} or answer.retry_after is None:
        return 0
    return min(max(answer.retry_after, LEAST_PAUSE), MOST_PAUSE)


def counts_for_breaker(answer: Answer) -> bool:
    """Whether the breaker counts the answer as a failure: time-outs, resets, 5xx."""
    failed = answer.outcome in {Outcome.RETRYABLE, Outcome.UNKNOWN}
    return failed and (answer.status is None or answer.status >= 500)


def open_seconds(streak: int) -> int:
    """Return how long the breaker stays open the `streak`-th time in a row, from 1."""
    return int(min(BREAKER_OPEN_SECONDS * 2 ** max(0, streak - 1), BREAKER_MOST_SECONDS))


def is_worn_out(calls: int, failures: int) -> bool:
    """Whether the calls of the window open the breaker."""
    return calls >= BREAKER_CALLS and failures >= calls * BREAKER_SHARE


# -- sizes that a deployment may set --------------------------------------------------------


def lease_seconds() -> float:
    """Return the lease of a claimed delivery; above the longest deadline (30 s)."""
    return float(settings.DELIVERY_LEASE_SECONDS)


def sender_threads() -> int:
    """Return how many deliveries one process sends at once."""
    return int(settings.DELIVERY_THREADS)


def delivery_slots() -> int:
    """Return the sender threads of all workers together."""
    return int(settings.DELIVERY_SLOTS)
