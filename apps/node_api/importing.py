"""The people of the old database: each row of `users` becomes a person, a client a company too.

The whole file is read and judged before the first row is written. A row is one transaction and a
known e-mail is passed over, so an import that was interrupted goes on when it is started again.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.accounts.models import Membership
from apps.accounts.services import import_person, is_bcrypt
from apps.clients.models import Contact
from apps.clients.services import create_client, create_contact
from apps.core.actors import Actor
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization

NEEDED = ("email", "password_hash", "first_name", "last_name", "role")
KNOWN = (*NEEDED, "phone", "company_name", "is_active")
LONGEST = {"email": 254, "first_name": 100, "last_name": 100, "phone": 40, "company_name": 200}
TRUE, FALSE = {"t", "true", "1", ""}, {"f", "false", "0"}
MOST_ROWS, MOST_FAULTS = 200_000, 50


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a place of the file; lines count from 1, the heading is line 1."""

    line: int
    column: str
    fault: str


class UnreadableFile(ValueError):
    """The file is no CSV of people; the message says why."""


Row = dict[str, str]


def read_people(path: Path) -> tuple[list[Row], list[Fault]]:
    """Return the rows and the first 50 faults. Raises UnreadableFile, OSError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_heading(reader.fieldnames or ())
            rows = [dict(row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(f"it is no CSV in UTF-8: {error}") from error
    if len(rows) > MOST_ROWS:
        raise UnreadableFile(f"it has {len(rows)} rows; at most {MOST_ROWS} are taken")
    return rows, list(_faults(rows))[:MOST_FAULTS]


def import_people(
    organization: Organization, rows: Sequence[Row], *, team_role: str
) -> Iterator[bool]:
    """Write each row and yield whether it was new."""
    for row in rows:
        yield _imported(organization, row, team_role)


@transaction.atomic
def _imported(organization: Organization, row: Row, team_role: str) -> bool:
    is_client = row["role"] == "client"
    with organization_scope(organization.id):
        membership = import_person(
            organization, email=row["email"].strip(), bcrypt_hash=row["password_hash"],
            role=Membership.Role.CLIENT if is_client else team_role,
            first_name=row["first_name"].strip(), last_name=row["last_name"].strip(),
            phone=row.get("phone", "").strip(), is_active=row.get("is_active", "") not in FALSE,
        )  # fmt: skip
        if membership is not None and is_client:
            _give_a_company(organization, membership, row.get("company_name", "").strip())
    return membership is not None


def _give_a_company(organization: Organization, membership: Membership, name: str) -> None:
    system, user = Actor.system(organization.id), membership.user
    client = create_client(system, name=name or user.name, email=user.email)
    create_contact(
        system, client, email=user.email, first_name=user.first_name, last_name=user.last_name,
        role=Contact.Role.APPROVER, is_primary=True,
    )  # fmt: skip


def _check_heading(names: Sequence[str]) -> None:
    missing = [name for name in NEEDED if name not in names]
    unknown = [name for name in names if name not in KNOWN]
    if missing or unknown:
        raise UnreadableFile(f"columns missing: {missing}, unknown: {unknown}")


def _faults(rows: Sequence[Row]) -> Iterator[Fault]:
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            yield Fault(line, "", "has another number of columns than the heading")
            continue
        for column, limit in LONGEST.items():
            if len(row.get(column, "")) > limit:
                yield Fault(line, column, f"is longer than {limit} characters")
        yield from _faults_of_values(line, row)
        email = row["email"].strip().lower()
        if email in seen:
            yield Fault(line, "email", "stands in the file twice")
        seen.add(email)


def _faults_of_values(line: int, row: Row) -> Iterator[Fault]:
    try:
        validate_email(row["email"].strip())
    except ValidationError:
        yield Fault(line, "email", "is no e-mail address")
    if not is_bcrypt(row["password_hash"]):
        yield Fault(line, "password_hash", "is no bcrypt hash of cost 4 to 14")
    if row["role"] not in {"admin", "client"}:
        yield Fault(line, "role", "is neither admin nor client")
    if row.get("is_active", "").lower() not in TRUE | FALSE:
        yield Fault(line, "is_active", "is neither true nor false")
    if any("\x00" in value for value in row.values()):
        yield Fault(line, "", "holds a NUL character")
