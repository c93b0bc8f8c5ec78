"""Figures of deliveries (`integration.md`, section 13)."""

from collections.abc import Iterable

from django.db import connection
from prometheus_client import Counter, Histogram

from apps.core.metrics import Sample, gauge_from_table, registry
from apps.core.tenancy import across_organizations

SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300)
attempts_total = Counter(
    "portico_attempts_total", "Calls by outcome", ["kind", "outcome"], registry=registry
)
attempt_seconds = Histogram(
    "portico_attempt_seconds", "Time of a call", ["kind"], registry=registry, buckets=SECONDS
)
delivery_seconds = Histogram(
    "portico_delivery_seconds", "From commit to delivered", ["kind"], registry=registry,
    buckets=SECONDS,
)  # fmt: skip
leases_expired = Counter(
    "portico_leases_expired_total", "Work taken back from a worker", ["table"], registry=registry
)
settles_fenced = Counter(
    "portico_settles_fenced_total", "Late results refused", ["table"], registry=registry
)
connections_disabled = Counter(
    "portico_connections_disabled_total", "Connections switched off", ["reason"],
    registry=registry,
)  # fmt: skip

DELIVERIES = """
SELECT d.state, c.kind, count(*) FROM integrations_delivery d
  JOIN connections_connection c ON c.id = d.connection_id
 WHERE d.state IN ('pending', 'in_flight', 'retry_wait', 'held', 'dead') GROUP BY 1, 2
"""
AGE = """
SELECT coalesce(extract(epoch FROM statement_timestamp() - min(d.due_at)), 0)
  FROM integrations_delivery d JOIN connections_connection c ON c.id = d.connection_id
 WHERE d.state IN ('pending', 'retry_wait') AND d.due_at <= statement_timestamp()
   AND c.state = 'active' AND coalesce(c.paused_until, '-infinity') <= statement_timestamp()
   AND c.breaker <> 'open'
"""
BREAKERS = "SELECT kind, count(*) FROM connections_connection WHERE breaker = 'open' GROUP BY 1"


def register() -> None:
    """Add the gauges whose truth is a table."""
    gauge_from_table(
        "portico_deliveries", "Deliveries that are not done", ("state", "kind"), _deliveries
    )
    gauge_from_table(
        "portico_queue_age_seconds", "Age of the oldest due work", ("queue",), _queue_age
    )
    gauge_from_table("portico_breaker_open", "Open breakers", ("kind",), _open_breakers)


def _rows(sql: str) -> list[tuple[object, ...]]:
    with across_organizations(), connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _deliveries() -> Iterable[Sample]:
    return [
        ({"state": str(state), "kind": str(kind)}, float(str(number)))
        for state, kind, number in _rows(DELIVERIES)
    ]


def _queue_age() -> Iterable[Sample]:
    return [({"queue": "deliver"}, max(0.0, float(str(age)))) for (age,) in _rows(AGE)]


def _open_breakers() -> Iterable[Sample]:
    return [({"kind": str(kind)}, float(str(number))) for kind, number in _rows(BREAKERS)]
