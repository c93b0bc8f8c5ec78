"""Query parameters of lists: each has a name, a type and a lookup; an unknown one is refused.

A filter is `bound` when its value does not change the text of the statement, so that the
compiled statement can be kept and used again with another value (see apps.core.pages).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_date, parse_datetime

from apps.core.errors import InvalidFilter

MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """One parameter: `lookup` in the ORM's spelling, `parse` from text, `schema` for the docs."""

    lookup: str
    parse: Callable[[str], Any]
    mark: Callable[[int], Any] | None
    schema: dict[str, Any] = field(hash=False)
    description: str = ""

    def value_of(self, name: str, text: str) -> Any:
        """Return the typed value; raises InvalidFilter that names the parameter."""
        if "\x00" in text or len(text) > MAX_TEXT * 4:
            raise InvalidFilter(parameter=name, fault="too long or not text")
        try:
            return self.parse(text)
        except ValueError as error:
            raise InvalidFilter(parameter=name, fault=str(error)) from error


def by_id(lookup: str) -> Filter:
    """An id: `client_id=0193…`."""
    return Filter(lookup, _uuid, lambda n: UUID(int=(2 << 100) + n), _schema("string", "uuid"))


def by_time(lookup: str) -> Filter:
    """A moment, ISO 8601: `created_after=2026-11-01T00:00:00Z`; without a zone it is UTC."""
    mark = lambda n: datetime(1900, 1, 1, microsecond=n, tzinfo=UTC)  # noqa: E731
    return Filter(lookup, _moment, mark, _schema("string", "date-time"))


def by_date(lookup: str) -> Filter:
    """A calendar date: `due_before=2026-12-01`."""
    return Filter(lookup, _date, lambda n: date(1900, 1, 1 + n), _schema("string", "date"))


def by_text(lookup: str) -> Filter:
    """A text, compared exactly."""
    return Filter(lookup, _text, text_mark, _schema("string"))


def by_choice(lookup: str, choices: Sequence[str]) -> Filter:
    """One value of a fixed set, or several with commas between: `status=sent,viewed`."""

    def parse(text: str) -> list[str]:
        values = text.split(",")
        wrong = [value for value in values if value not in choices]
        if wrong:
            raise ValueError(f"not one of {', '.join(choices)}: {wrong[0][:50]}")
        return sorted(set(values))

    schema = _schema("string") | {"description": f"One or more of: {', '.join(choices)}."}
    return Filter(f"{lookup}__in", parse, None, schema)


def by_flag(lookup: str) -> Filter:
    """`true` or `false`."""
    return Filter(lookup, _flag, None, {"type": "boolean"})


def text_mark(number: int) -> str:
    """Return the text that stands for a value while a statement is compiled."""
    return f"\x01{number}\x01"


def _schema(kind: str, form: str = "") -> dict[str, Any]:
    return {"type": kind} | ({"format": form} if form else {})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ValueError("not an id") from error


def _moment(text: str) -> datetime:
    moment = parse_datetime(text.replace(" ", "+"))
    if moment is None:
        raise ValueError("not an ISO 8601 time")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _date(text: str) -> date:
    day = parse_date(text)
    if day is None:
        raise ValueError("not a date of the form YYYY-MM-DD")
    return day


def _text(text: str) -> str:
    if not text or len(text) > MAX_TEXT:
        raise ValueError(f"needs 1 to {MAX_TEXT} characters")
    return text


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError("needs true or false")
    return text == "true"
