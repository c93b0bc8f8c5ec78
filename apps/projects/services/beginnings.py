"""A project with its phases and their client actions, written in one statement.

PostgreSQL copies the phases out of the organization's library: building some twenty rows in
Python cost five times as much as the rest of the request.
"""

from functools import cache

import orjson
from django.db import connection

from apps.projects.catalog import STANDARD_PHASES
from apps.projects.models import Project

# UUID version 7: 48 bits of milliseconds, the version, and the rest of a random UUID with its
# variant (RFC 9562, section 5.7). Within a millisecond phases are ordered by position, not by id.
UUID7 = """(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
 || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid"""

BEGIN = """
WITH library AS (
  SELECT key, name, requires_client_action, client_actions,
         row_number() OVER (ORDER BY array_position(%(keys)s::text[], key::text), position) - 1
           AS place
    FROM projects_libraryphase
   WHERE organization_id = %(organization_id)s AND is_active
     AND CASE WHEN cardinality(%(keys)s::text[]) > 0
              THEN key = ANY (%(keys)s::text[]) ELSE is_standard END
), entry AS (
  SELECT key, name, requires_client_action, client_actions, place FROM library
  UNION ALL
  SELECT key, name, requires_client_action, client_actions, place
    FROM jsonb_to_recordset(%(standard)s::jsonb) AS standard(
      key text, name text, requires_client_action boolean, client_actions jsonb, place bigint)
   WHERE NOT EXISTS (SELECT 1 FROM library)
), project AS (
  INSERT INTO projects_project ({columns}) VALUES ({values})
), phase AS (
  INSERT INTO projects_phase (id, organization_id, project_id, key, name, position, status,
         requires_client_action, started_at, reason, version, created_at, updated_at)
  SELECT {uuid7}, %(organization_id)s, %(id)s, key, name, place,
         CASE place WHEN 0 THEN 'active' ELSE 'pending' END, requires_client_action,
         CASE place WHEN 0 THEN %(created_at)s::timestamptz END, '', 1, %(created_at)s,
         %(created_at)s
    FROM entry
  RETURNING id, key
), action AS (
  INSERT INTO projects_phaseaction (id, organization_id, phase_id, key, description, is_required,
         position)
  SELECT {uuid7}, %(organization_id)s, phase.id, item->>'key', item->>'description',
         (item->>'is_required')::boolean, place_in_phase - 1
    FROM phase JOIN entry USING (key),
         jsonb_array_elements(client_actions) WITH ORDINALITY AS a(item, place_in_phase)
)
SELECT key FROM entry WHERE place = 0
"""


def begin_project(project: Project, phase_keys: list[str]) -> None:
    """Insert a new project with the library's phases of `phase_keys`, else the standard ones.

    An organization that has no such phases gets the standard ones of the catalog. Sets
    `project.current_phase`.
    """
    fields = Project._meta.concrete_fields
    values = {
        field.attname: field.get_db_prep_save(getattr(project, field.attname), connection)
        for field in fields
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(), values | {"keys": phase_keys, "standard": _standard()})
        (project.current_phase,) = cursor.fetchone()
    project._state.adding = False  # noqa: SLF001  as Django's own bulk_create does


@cache
def _statement() -> str:
    fields = Project._meta.concrete_fields
    first = "(SELECT key FROM entry WHERE place = 0)"
    return BEGIN.format(
        columns=", ".join(str(field.column) for field in fields),
        values=", ".join(
            first if field.attname == "current_phase" else f"%({field.attname})s"
            for field in fields
        ),
        uuid7=UUID7,
    )


@cache
def _standard() -> str:
    return orjson.dumps(
        [
            {
                "key": phase.key,
                "name": phase.name,
                "requires_client_action": phase.requires_client_action,
                "client_actions": phase.stored_actions(),
                "place": place,
            }
            for place, phase in enumerate(STANDARD_PHASES)
        ]
    ).decode()
