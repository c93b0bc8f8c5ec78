"""Health in the words of C5: `healthy`, `unhealthy`, `unreachable`, `unknown`.

Each app registers its checks; a result is kept 2 s, so that asking cannot load the service.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TimedOut
from dataclasses import dataclass
from typing import Any

from django.db import Error, connection, connections

from apps.core import clock

KEPT_SECONDS = 2.0
HEALTHY, UNHEALTHY, UNREACHABLE, UNKNOWN = "healthy", "unhealthy", "unreachable", "unknown"


class Unhealthy(Exception):
    """Raised by a check whose peer answered badly; the text says what is wrong."""


@dataclass(slots=True)
class Result:
    """The last answer of one check."""

    state: str
    latency_ms: float
    message: str
    since: str
    at: float


@dataclass(frozen=True, slots=True)
class Check:
    """`probe` returns when all is well, raises Unhealthy or any error otherwise."""

    name: str
    probe: Callable[[], None]
    limit_seconds: float


_checks: dict[str, Check] = {}
_results: dict[str, Result] = {}
_pool = ThreadPoolExecutor(8, "health")


def register(name: str, probe: Callable[[], None], *, limit_seconds: float = 2.0) -> None:
    """Add a check to `/health`."""
    _checks[name] = Check(name, probe, limit_seconds)


def states(names: tuple[str, ...] | None = None) -> dict[str, Result]:
    """Return the result of each check, asking those whose last answer is too old."""
    wanted = [check for name, check in _checks.items() if names is None or name in names]
    old = [check for check in wanted if _age(check.name) > KEPT_SECONDS]
    running = [(check, time.perf_counter(), _pool.submit(_probe, check)) for check in old]
    for check, started, future in running:
        _keep(check, *_outcome(check, future), time.perf_counter() - started)
    return {check.name: _results[check.name] for check in wanted}


def report(results: dict[str, Result]) -> dict[str, Any]:
    """Return the body of `/health` (C5)."""
    checks = {name: result.state for name, result in results.items()}
    well = all(state == HEALTHY for state in checks.values())
    return {"status": "healthy" if well else "degraded", "checks": checks}


def database_answers() -> None:
    """`SELECT 1` on the main database. Raises the driver's error."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        connection.close()
        raise


def _probe(check: Check) -> None:
    try:
        check.probe()
    finally:
        connections.close_all()  # of this thread: a check must not keep a slot of the database


def _age(name: str) -> float:
    result = _results.get(name)
    return time.monotonic() - result.at if result else float("inf")


def _outcome(check: Check, future: "Future[None]") -> tuple[str, str]:
    try:
        future.result(check.limit_seconds)
    except Unhealthy as error:
        return UNHEALTHY, str(error)
    except TimedOut:
        return UNREACHABLE, f"no answer within {check.limit_seconds} s"
    except Exception as error:  # noqa: BLE001  whatever a driver raises means: no answer
        return UNREACHABLE, type(error).__name__
    return HEALTHY, ""


def _keep(check: Check, state: str, message: str, seconds: float) -> None:
    before = _results.get(check.name)
    since = before.since if before and before.state == state else clock.iso(clock.now())
    _results[check.name] = Result(state, round(seconds * 1000, 1), message, since, time.monotonic())
