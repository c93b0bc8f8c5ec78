"""What each app says about personal data: what it holds of a person, how it forgets, and when.

An app with such data has a module `privacy` with some of `areas(subject)`, `erase(subject)` and
`expire(organization_id, times, most)`; `portal/subscribers.py` lists the modules.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Model, Q, QuerySet, Value
from django.db.models.functions import Replace

from apps.core import clock
from apps.core.actors import Actor

Counts = dict[str, int]
SHORTEST_PHONE = 6  # a shorter text would hit numbers that are none of the person's


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that belong to a row of an area: their key in the store, and a name in the zip."""

    key: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Area:
    """Rows about a person: `rows` gives dictionaries with an `id`, `shape` makes them public.

    Columns are named one by one, so no secret can slip in. `content` names a row's bytes.
    """

    name: str
    about: str
    rows: QuerySet[Any, Any]
    shape: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    content: Callable[[dict[str, Any]], Content | None] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A person of one organization whose data are exported or erased there.

    `texts` are what could name him in other rows: full name, addresses, phone numbers. When
    `is_account` is false other organizations keep the account.
    """

    user_id: UUID
    organization_id: UUID
    actor: Actor
    email: str
    texts: tuple[str, ...]
    pseudonym: str = ""
    pseudonym_email: str = ""
    erase_messages: bool = False
    is_account: bool = False

    def named_in(self, *columns: str) -> Q:
        """Return the condition that a column holds one of the texts, whatever their case."""
        found = Q()
        for column in columns:
            for text in self.texts:
                found |= Q(**{f"{column}__icontains": text})
        return found if self.texts else Q(pk__in=[])

    def scrub(self, rows: QuerySet[Any], *columns: str) -> int:
        """Put the pseudonym in the place of the person's texts; return how many rows had them."""
        hit = rows.filter(self.named_in(*columns))
        count = 0
        for column in columns:
            value: Any = F(column)
            for text in self.texts:
                stand_in = self.pseudonym_email if "@" in text else self.pseudonym
                value = Replace(value, Value(text), Value(stand_in))
            count = max(count, hit.filter(self.named_in(column)).update(**{column: value}))
        return count


def texts_of(names: Iterable[str], emails: Iterable[str], phones: Iterable[str]) -> tuple[str, ...]:
    """Return the texts that name a person, each once; one word alone is no name."""
    full = {name.strip() for name in names if " " in name.strip()}
    mail = {email.strip() for email in emails if "@" in email}
    reached = {phone.strip() for phone in phones if len(phone.strip()) >= SHORTEST_PHONE}
    return tuple(sorted(full | mail | reached, key=lambda text: (-len(text), text)))


@dataclass(frozen=True, slots=True)
class Times:
    """How long each kind of data is kept, by its name in the settings document."""

    days: dict[str, int]
    now: datetime

    def before(self, name: str) -> datetime:
        """Return the moment before which data of this kind have had their time."""
        return self.now - timedelta(days=self.days[name])


DAYS_OF_A_YEAR = 365.25
DEFAULT_TIMES = {
    "logs_days": 90,  # deliveries, their attempts
    "trash_days": 30,  # what was deleted softly
    "audit_years": 10,  # the bodies of events
    "notifications_days": 365,
    "mails_days": 365,
    "sessions_days": 90,  # after their end
    "attempts_days": 90,  # failed sign-ins, used or expired links
    "exports_days": 7,
    "jobs_days": 90,
}


def times_of(document: Any) -> Times:
    """Return the times of an organization: its `retention` settings over the defaults.

    A value that is no whole number of at least 1 counts as absent: nothing is ever kept for a
    shorter time by mistake than somebody chose.
    """
    given = document if isinstance(document, dict) else {}
    chosen = DEFAULT_TIMES | {
        name: value
        for name, value in given.items()
        if name in DEFAULT_TIMES and type(value) is int and value >= 1
    }
    days = {
        name.removesuffix("_days").removesuffix("_years"): (
            int(value * DAYS_OF_A_YEAR) if name.endswith("_years") else value
        )
        for name, value in chosen.items()
    }
    return Times(days, clock.now())


def remove(rows: QuerySet[Any], most: int) -> int:
    """Delete at most so many rows, the oldest ids first, and return how many rows of it went."""
    model: type[Model] = rows.model
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:most])
    if ids:
        QuerySet(model).filter(pk__in=ids).delete()
    return len(ids)
