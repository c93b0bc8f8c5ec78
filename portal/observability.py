"""What `/health` asks and what `/metrics` reads from the tables."""

from collections.abc import Iterable
from functools import cache

import redis
from celery import current_app
from django.conf import settings
from django.db import connection

from apps.core import health, metrics
from apps.core.tenancy import across_organizations

MAX_LAG_EVENTS = 10_000


def register() -> None:
    """Add the checks and gauges of the whole portal."""
    health.register("database", health.database_answers, limit_seconds=1)
    health.register("redis", _redis_answers)
    health.register("broker", _broker_answers)
    health.register("storage", _storage_accepts)
    health.register("outbox", _log_is_read)
    metrics.gauge_from_table(
        "portico_event_cursor_lag", "Events not read yet", ("consumer",), _cursor_lag
    )


@cache
def _redis() -> redis.Redis:
    url = settings.CACHE_REDIS_URL
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def _redis_answers() -> None:
    _redis().ping()


def _broker_answers() -> None:
    with current_app.connection_for_write(connect_timeout=1) as link:
        link.ensure_connection(max_retries=0, timeout=1)


def _storage_accepts() -> None:
    settings.FILES_ROOT.mkdir(parents=True, exist_ok=True)
    probe = settings.FILES_ROOT / ".health"
    probe.write_bytes(b"ok")
    probe.unlink(missing_ok=True)


def _log_is_read() -> None:
    lag = max((number for _labels, number in _cursor_lag()), default=0)
    if lag > MAX_LAG_EVENTS:
        raise health.Unhealthy(f"a consumer is {lag:.0f} events behind")


def _cursor_lag() -> Iterable[metrics.Sample]:
    with across_organizations(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.consumer, sum(h.seq - c.seq) FROM events_cursor c"
            " JOIN events_head h USING (organization_id) GROUP BY c.consumer"
        )
        return [({"consumer": name}, float(lag)) for name, lag in cursor.fetchall()]
