"""Prometheus figures of this process, and gauges that are read from the tables when asked.

Labels are bounded: kinds, routes and outcomes, never ids (`integration.md`, section 13).
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

registry = CollectorRegistry()
requests_total = Counter(
    "portico_requests_total", "Requests", ["method", "route", "status"], registry=registry
)
request_seconds = Histogram(
    "portico_request_seconds", "Time to answer", ["route"], registry=registry,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)  # fmt: skip
hints_dropped = Counter(
    "portico_hints_dropped_total", "Hints no broker took; the sweep does the work", ["queue"],
    registry=registry,
)  # fmt: skip
sockets = Gauge("portico_sockets", "Open sockets of this process", ["face"], registry=registry)

Sample = tuple[dict[str, str], float]
Reader = Callable[[], Iterable[Sample]]


class _Tables(Collector):
    """Gauges whose truth is a table: each reader runs when `/metrics` is read."""

    def __init__(self) -> None:
        self.readers: dict[str, tuple[str, tuple[str, ...], Reader]] = {}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield one family a registered gauge."""
        for name, (text, labels, read) in self.readers.items():
            family = GaugeMetricFamily(name, text, labels=labels)
            for values, number in read():
                family.add_metric([values[label] for label in labels], number)
            yield family

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: to describe is not to query."""
        return []


_tables = _Tables()
registry.register(_tables)


def gauge_from_table(name: str, text: str, labels: tuple[str, ...], read: Reader) -> None:
    """Register a gauge that `read` answers as `(labels, number)` pairs."""
    _tables.readers[name] = (text, labels, read)


def count_request(method: str, route: str, status: int, duration_ms: float) -> None:
    """Count one answered request."""
    total, seconds = _series(method, route, status)
    total.inc()
    seconds.observe(duration_ms / 1000)


@lru_cache(maxsize=4096)
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return requests_total.labels(method, route, str(status)), request_seconds.labels(route)


def exposition() -> bytes:
    """Return all figures in the Prometheus text format."""
    return generate_latest(registry)
