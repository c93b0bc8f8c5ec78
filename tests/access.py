"""What a table of rights is made of: routes, people, and the small world they act in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.organizations.models import Organization

PEOPLE = ("anonymous", "owner", "staff", "accountant", "alice", "bob", "mallory")
Statuses = tuple[int, int, int, int, int, int, int]
# Who stands beside one of `PEOPLE`: he is answered the same or refused, unless `others` says more.
BESIDE = {"admin": "owner", "viewer": "alice", "contact_admin": "alice"}
# How the object of a route stands to each person: in reach, of another company, of another tenant.
STANDING = {"bob": "foreign: another company", "mallory": "foreign: another organization"}


@dataclass(slots=True)
class World:
    """The cast, and a drawer for the rows that the tables of several apps share."""

    organization: Organization
    client_a: Client
    client_b: Client
    people: Mapping[str, Membership | None]
    rows: dict[str, Any] = field(default_factory=dict)

    def person(self, name: str) -> Membership:
        """Return one of the cast who is not anonymous."""
        found = self.people[name]
        assert found is not None
        return found


Maker = Callable[[World], Any]


@dataclass(frozen=True, slots=True)
class Table:
    """The rights of one app's routes.

    `matrix` maps (method, route name) to the status for each of `PEOPLE`, for an object of
    client A. `arguments` makes the ids of a route's path, `bodies` the body of a method.
    A method that is not in the matrix must answer 405 (401 for anonymous). `others` has the
    statuses of those in `BESIDE` who get more, and where they are worth saying.
    """

    matrix: Mapping[tuple[str, str], Statuses]
    arguments: Mapping[str, Maker] = field(default_factory=dict)
    bodies: Mapping[tuple[str, str], Maker] = field(default_factory=dict)
    public: frozenset[str] = frozenset()
    others: Mapping[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)

    def statuses_of(self, method: str, name: str, person: str) -> frozenset[int]:
        """Return what one of `BESIDE` may be answered: never more than his neighbour gets."""
        known = self.others.get((method, name), {}).get(person)
        if known is not None:
            return frozenset({known})
        neighbour = self.matrix[method, name][PEOPLE.index(BESIDE[person])]
        return frozenset({neighbour, 403, 404})
