"""A project with its phases, their client actions and its event, written in one statement.

PostgreSQL copies the phases out of the organization's library: building some twenty rows in
Python cost five times as much as the rest of the request. It also finds the client: nothing is
written for one that the actor does not see.
"""

from functools import cache, lru_cache
from typing import Any

import orjson
from django.db import connection
from django.db.models import Field

from apps.clients.models import Client
from apps.core.actors import Actor
from apps.core.inserts import column_values, is_saved
from apps.core.statements import Compiled, named_values, one_visible
from apps.events.outbox import Change, publish_with
from apps.projects.catalog import STANDARD_PHASES
from apps.projects.models import Project

# UUID version 7: 48 bits of milliseconds, the version, and the rest of a random UUID with its
# variant (RFC 9562, section 5.7). Within a millisecond phases are ordered by position, not by id.
UUID7 = """(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
 || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid"""

CTES = """
client AS ({clients}), library AS (
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
  INSERT INTO projects_project ({columns}) SELECT {values} FROM client RETURNING currency
), phase AS (
  INSERT INTO projects_phase (id, organization_id, project_id, key, name, position, status,
         requires_client_action, started_at, reason, version, created_at, updated_at)
  SELECT {uuid7}, %(organization_id)s, %(id)s, key, name, place,
         CASE place WHEN 0 THEN 'active' ELSE 'pending' END, requires_client_action,
         CASE place WHEN 0 THEN %(created_at)s::timestamptz END, '', 1, %(created_at)s,
         %(created_at)s
    FROM entry, project
  RETURNING id, key
), action AS (
  INSERT INTO projects_phaseaction (id, organization_id, phase_id, key, description, is_required,
         position)
  SELECT {uuid7}, %(organization_id)s, phase.id, item->>'key', item->>'description',
         (item->>'is_required')::boolean, place_in_phase - 1
    FROM phase JOIN entry USING (key),
         jsonb_array_elements(client_actions) WITH ORDINALITY AS a(item, place_in_phase)
)
"""
FIRST_PHASE = "(SELECT key FROM entry WHERE place = 0)"
RESULT = f"SELECT {FIRST_PHASE}, currency FROM project"  # noqa: S608  constants


def begin_project(actor: Actor, project: Project, phase_keys: list[str]) -> bool:
    """Insert a new project and publish it, with the library's phases of `phase_keys`.

    Without keys they are the standard ones; an organization that has no such phases gets those of
    the catalog. Sets `current_phase` and, when it is empty, `currency`. Returns False, and nothing
    is written, when `actor` sees no client of that id or it is archived.
    """
    clients = _clients(actor)
    params = column_values(project) | named_values(clients, actor, project.client_id)
    params |= {"keys": phase_keys, "standard": _standard()}
    begun = publish_with(
        Change(_ctes(clients.sql), "project", RESULT, params),
        actor, "project.created", project, audience="client", id=project.id,
        client_id=project.client_id, name=project.name, status=project.status,
    )  # fmt: skip
    if begun is None:
        return False
    project.current_phase, project.currency = begun
    is_saved(project)
    return True


def _clients(actor: Actor) -> Compiled:
    return one_visible(
        "projects.begun_for",
        actor,
        lambda seen: (
            Client.objects.visible_to(seen)
            .exclude(status=Client.Status.ARCHIVED)
            .values_list("currency")
        ),
    )


@lru_cache(maxsize=16)
def _ctes(clients: str) -> str:
    fields = Project._meta.concrete_fields
    values = {field.attname: f"%({field.attname})s::{_type_of(field)}" for field in fields}
    values["current_phase"] = FIRST_PHASE
    values["currency"] = "coalesce(nullif(%(currency)s::text, ''), client.currency)"
    return CTES.format(
        clients=clients,
        columns=", ".join(str(field.column) for field in fields),
        values=", ".join(values.values()),
        uuid7=UUID7,
    )


def _type_of(field: Field[Any, Any]) -> str:
    """Return the column's type without its length: a cast with one would cut a text."""
    return str(field.db_type(connection)).partition("(")[0]


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
