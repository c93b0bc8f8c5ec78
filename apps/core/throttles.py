"""Rate limits that hold across processes, and the headers that announce them (P18, R149).

A bucket is a fixed window in Redis. A process takes tickets from it in chunks of a hundredth of
the limit (one by one for small limits), so a busy caller does not cost one round trip a request;
the limit itself is never exceeded. Without Redis each process counts alone until it is back.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache

import redis
from django.conf import settings

from apps.core.errors import DomainError
from apps.core.logs import log

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
MAX_BUCKETS = 20_000
AWAY_SECONDS = 5


class RateLimited(DomainError):
    code = "RATE_LIMITED"
    message = "Too many requests. Wait a moment and try again."

    def __init__(self, standing: "Standing") -> None:
        super().__init__(limit=standing.limit, retry_after_seconds=standing.reset_seconds)
        self.headers = {"Retry-After": str(standing.reset_seconds)} | standing.headers()


@dataclass(frozen=True, slots=True)
class Rate:
    """`limit` requests in each window of `seconds`."""

    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands after a request; `remaining` below zero means refused."""

    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """Return the `RateLimit-*` headers."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.remaining)),
            "RateLimit-Reset": str(self.reset_seconds),
        }


@dataclass(slots=True)
class _Bucket:
    window: int
    taken: int = 0  # of the shared count, as last seen
    tickets: int = 0  # taken from Redis and not used yet


@cache
def rate(text: str) -> Rate:
    """Parse `300/m` or `5/15m`; raises ValueError."""
    count, _, span = text.partition("/")
    return Rate(int(count), int(span[:-1] or 1) * UNITS[span[-1]])


def count(key: str, limit: Rate, *, cost: int = 1) -> Standing:
    """Count a request of `key` and return where it stands. Raises nothing when Redis is away."""
    now = time.time()
    window, passed = divmod(int(now), limit.seconds)
    with _lock:
        bucket = _bucket(key, window)
        if bucket.tickets < cost:
            chunk = max(cost, limit.limit // 100)
            bucket.taken = _take(f"{key}:{window}", chunk, limit, bucket)
            bucket.tickets += min(chunk, max(0, limit.limit - bucket.taken + chunk))
        bucket.tickets -= cost
        remaining = limit.limit - bucket.taken + bucket.tickets
        if bucket.tickets < 0:
            bucket.tickets, remaining = 0, -1
    return Standing(limit.limit, remaining, limit.seconds - passed)


def check(key: str, limit: Rate) -> Standing:
    """Count a request; raises RateLimited when the window is used up."""
    standing = count(key, limit)
    if standing.remaining < 0:
        raise RateLimited(standing)
    return standing


@dataclass(slots=True)
class _Away:
    until: float = 0.0


_away = _Away()
_lock = threading.Lock()
_buckets: OrderedDict[str, _Bucket] = OrderedDict()


def _bucket(key: str, window: int) -> _Bucket:
    bucket = _buckets.get(key)
    if bucket is None or bucket.window != window:
        bucket = _buckets[key] = _Bucket(window)
        while len(_buckets) > MAX_BUCKETS:
            _buckets.popitem(last=False)
    return bucket


def _take(key: str, chunk: int, limit: Rate, bucket: _Bucket) -> int:
    """Return the shared count after taking `chunk`; the process's own when Redis is away."""
    if time.monotonic() < _away.until:
        return bucket.taken + chunk
    name = f"{settings.RATE_LIMIT_PREFIX}{key}"
    try:
        pipe = _redis().pipeline(transaction=False)
        pipe.incrby(name, chunk)
        pipe.expire(name, limit.seconds + 5)
        return int(pipe.execute()[0])
    except redis.RedisError as error:
        _away.until = time.monotonic() + AWAY_SECONDS  # or each request would wait for it
        log.warning("rate limit counts alone", extra={"error": type(error).__name__})
        return bucket.taken + chunk


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.CACHE_REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5
    )
