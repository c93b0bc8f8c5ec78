"""How tests ask for exports and erasures, let the workers do them, and look at the result."""

import io
import zipfile
from typing import Any

import orjson
from django.db import connection

from apps.accounts.models import Membership
from apps.core.tenancy import organization_scope
from apps.events.jobs import run_due
from apps.events.services import expand, number_events
from apps.insights.models import Erasure, Export
from apps.organizations.models import Organization
from tests.conftest import api

EXPORTS, ERASURES = "/api/v1/exports", "/api/v1/erasures"


def settle(organization_id: Any) -> None:
    """Number all events and let the consumers read them, as a second of real time does."""
    with organization_scope(organization_id):
        number_events()
    expand(organization_id)
    with organization_scope(organization_id):
        number_events()
    expand(organization_id)


def export_of(person: Membership, **fields: Any) -> Export:
    """An export that the person has asked for over HTTP, and that is ready."""
    answer = api(person).post(EXPORTS, {"kind": "personal_data", **fields})
    assert answer.status_code == 202, answer.content
    assert run_due() == 1
    with organization_scope(person.organization_id):
        return Export.objects.get(job_id=answer.json()["data"]["job_id"])


def opened(person: Membership, export: Export) -> zipfile.ZipFile:
    """The archive as the person downloads it."""
    response = api(person).get(f"{EXPORTS}/{export.id}/content")
    assert response.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]


def part(archive: zipfile.ZipFile, name: str) -> Any:
    return orjson.loads(archive.read(f"{name}.json"))


def erase(asker: Membership, person: Membership, **fields: Any) -> Erasure:
    """An erasure that was asked for over HTTP and is done."""
    settle(person.organization_id)
    answer = api(asker).post(f"/api/v1/users/{person.user_id}/erasures", fields)
    assert answer.status_code == 202, answer.content
    settle(person.organization_id)
    assert run_due() == 1
    with organization_scope(person.organization_id):
        return Erasure.objects.get(job_id=answer.json()["data"]["job_id"])


def places_of(text: str, organization: Organization) -> list[str]:
    """The columns of the whole database in which a text stands, as `table.column`."""
    with organization_scope(organization.id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            " AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'ARRAY', 'bytea')"
        )
        found = []
        for table, column, kind in cursor.fetchall():
            value = f'"{column}"' if kind == "bytea" else f'"{column}"::text'
            wanted = "convert_to(%s, 'UTF8')" if kind == "bytea" else "lower(%s)"
            value = value if kind == "bytea" else f"lower({value})"
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE position({wanted} in {value}) > 0', [text]
            )
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
        return found
