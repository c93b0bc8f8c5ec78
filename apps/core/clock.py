"""The one place that asks what time it is, so that tests and demos can move it.

Leases use the clock of the database instead: hosts may disagree by a minute.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

_offset: ContextVar[timedelta] = ContextVar("clock_offset", default=timedelta(0))


def now() -> datetime:
    """Return the current time in UTC, moved by the test clock when one is set."""
    return timezone.now() + _offset.get()


def today(zone: str = "UTC") -> date:
    """Return the calendar date in the IANA time zone `zone`, for example `Europe/Berlin`."""
    return now().astimezone(ZoneInfo(zone)).date()


def iso(moment: datetime) -> str:
    """Return the wire form of a time: ISO 8601, UTC, milliseconds cut, `Z`."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{text}Z"


@contextmanager
def moved(by: timedelta) -> Iterator[None]:
    """Run the block with the clock moved by `by`; nested moves add up."""
    token = _offset.set(_offset.get() + by)
    try:
        yield
    finally:
        _offset.reset(token)
