"""Reads in one statement: the check of the session and the page, without a transaction around.

A process remembers who stood behind a session and builds the page for him. The statement that
brings the page looks the session up again and enters its organization. When it finds other facts
than the remembered ones, the request takes the long way: a memory can be old, but no answer is
wrong for it. Why row security holds in such a statement is told in ADR 9.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.core import throttles
from apps.core.actors import Actor
from apps.core.errors import DomainError, NotFound
from apps.core.statements import Compiled, run

Run = Callable[[Compiled, Mapping[Any, Any]], list[Any]]
SESSION_MARK = UUID(int=5)
PATIENCE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Credentials:
    """The actor of a valid token or key and the limit that counts his requests (P18).

    `organization` is the slug, for `X-Organization`; `networks` are where a key may be used from.
    """

    actor: Actor
    email: str
    bucket: str
    rate: throttles.Rate
    organization: str = ""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Recollection:
    """A session, or an API key, as it was when last looked up.

    `statement` has one parameter, the id of either, and returns `(facts, is_fresh)` of one that
    is alive: `facts` is a text of all that `credentials` depend on.
    """

    statement: str
    session_id: UUID
    facts: str
    credentials: Credentials


class Admitter(Protocol):
    """An authentication that can remember."""

    def recollection(self, request: HttpRequest) -> Recollection | None:
        """Return what is remembered of the caller, or None."""
        ...


class LongWayNeeded(Exception):
    """The session ended or changed, or the request needs a transaction."""


class AtOnce:
    """A view whose reads can carry the check of the session in their statement.

    One that `reads_at_once` asks the database by `self.run` alone in its method `reads_in`. A
    subclass with such a method of its own reads in a transaction, unless it says otherwise.
    """

    reads_at_once: ClassVar[bool] = False
    reads_in: ClassVar[str] = "read"
    run: Run = staticmethod(run)

    def __init_subclass__(cls, **options: Any) -> None:
        """Take a method that was written for a transaction as what it is."""
        super().__init_subclass__(**options)
        if cls.reads_in in cls.__dict__ and "reads_at_once" not in cls.__dict__:
            cls.reads_at_once = False

    def require_transaction(self) -> None:
        """Leave the short way for the rest of the request; nothing happens on the long one."""
        if self.run is not run:
            raise LongWayNeeded

    def refuse_foreign(self, parent: QuerySet[Any] | None) -> None:
        """Answer 404 for an empty list whose parent, if it has one, is not visible either."""
        if parent is None:
            return
        self.require_transaction()
        if not parent.exists():
            raise NotFound


class Confirmation:
    """Runs statements joined with the look-up of the session; `is_given` once one agreed."""

    def __init__(self, recollection: Recollection) -> None:
        self.recollection = recollection
        self.is_given = False

    def run(self, compiled: Compiled, values: Mapping[Any, Any]) -> list[Any]:
        """Return the rows of `compiled`; raises LongWayNeeded. One query, its own transaction."""
        known = self.recollection
        sql = _joined(known.statement, compiled.sql)
        rows = run(
            Compiled(sql, (SESSION_MARK, *compiled.params)),
            {**values, SESSION_MARK: known.session_id},
        )
        if not rows or rows[0][0] != known.facts or not rows[0][1]:
            raise LongWayNeeded
        self.is_given = True
        return [row[3:] for row in rows if row[2]]


def at_once(
    recollection: Recollection, answer: Callable[[Run], HttpResponse]
) -> HttpResponse | None:
    """Return what `answer` makes with confirmed statements; None when the long way is needed.

    A refusal is passed on only after a statement agreed: before that nobody has been admitted.
    Few reads at a time are as fast as many and end sooner: they do not contend for the interpreter.
    """
    confirmation = Confirmation(recollection)
    try:
        with _turn():
            response = answer(confirmation.run)
    except LongWayNeeded:
        return None
    except DomainError:
        if confirmation.is_given:
            raise
        return None
    return response if confirmation.is_given else None


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for a turn, but not for long: a few slow searches must not hold up everybody's lists."""
    turns = _turns(settings.WEB_READS)
    is_mine = turns.acquire(timeout=PATIENCE_SECONDS)
    try:
        yield
    finally:
        if is_mine:
            turns.release()


@lru_cache(maxsize=1)
def _turns(number: int) -> threading.Semaphore:
    return threading.Semaphore(number)


@lru_cache(maxsize=4096)
def _joined(statement: str, sql: str) -> str:
    return (
        f"WITH admitted AS MATERIALIZED ({statement}) "  # noqa: S608  both are statements of ours
        "SELECT admitted.facts, admitted.is_fresh, page.* FROM admitted "
        f"LEFT JOIN LATERAL (SELECT true, * FROM ({sql}) AS rows) AS page ON true"
    )
