"""Fills and cleans the bench's database, which holds nothing but the bench's own studio."""

from django.db import connection, transaction

from apps.core.tenancy import enter_organization
from apps.organizations.models import Organization
from apps.organizations.services import create_organization
from apps.projects.services import seed_catalog
from portal.benching.data import MISSING, everything, organization_fields
from portal.benching.rows import insert

SLUG = "bench"
WRITTEN = "Bench project"  # the name of what the jobs write
ROOTS = "organizations_organization, accounts_user, events_event, events_head, events_cursor"
CLEANING = """
DELETE FROM projects_phaseaction WHERE phase_id IN (SELECT f.id FROM projects_phase f
  JOIN projects_project p ON p.id = f.project_id WHERE p.name = %(written)s);
DELETE FROM projects_phase
  WHERE project_id IN (SELECT id FROM projects_project WHERE name = %(written)s);
DELETE FROM files_file
  WHERE id IN (SELECT file_id FROM files_fileversion WHERE NOT starts_with(storage_key, %(kept)s));
DELETE FROM files_fileversion WHERE NOT starts_with(storage_key, %(kept)s);
TRUNCATE events_event CASCADE;
UPDATE events_head SET seq = 0, hash = '';
DELETE FROM projects_project WHERE name = %(written)s
"""


class NotTheBench(Exception):
    """The database holds another organization: its rows are somebody's."""


def fill(scale: float) -> dict[str, int]:
    """Empty the tables and fill them; return the rows by table. Raises NotTheBench.

    Emptying needs the owner of the tables. As a superuser it is quick.
    """
    if Organization.objects.exclude(slug=SLUG).exists():
        raise NotTheBench
    made: dict[str, int] = {}
    with transaction.atomic():
        _skip_checks()
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {ROOTS} CASCADE")
        studio = create_organization(name="Bench", slug=SLUG, **organization_fields())
        enter_organization(studio.id)
        seed_catalog(studio)
        for rows in everything(studio.id, scale):
            made[rows.model._meta.db_table] = insert(rows)
    tidy()
    return made


def clean() -> int:
    """Remove the projects, files and events that jobs wrote; return the number of projects."""
    with transaction.atomic():
        _skip_checks()
        enter_organization(Organization.objects.get(slug=SLUG).id)
        with connection.cursor() as cursor:
            for statement in CLEANING.split(";"):
                cursor.execute(statement, {"written": WRITTEN, "kept": MISSING})
            removed = int(cursor.rowcount)
    tidy()
    return removed


def tidy() -> None:
    """Give the planner its figures and the visibility maps their bits, as autovacuum would."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def _skip_checks() -> None:
    """Leave out the checks of references where the role may: they take a minute at scale 10.

    A project that is deleted is looked for in every table that may name it, row by row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser') = 'on'")
        if cursor.fetchone() == (True,):
            cursor.execute("SET LOCAL session_replication_role = replica")
