"""Claim: two statements in one transaction (`integration.md`, section 5.2).

It must be two: the count of what is in flight has to be newer than the lock on its connection,
or the bulkhead leaks.
"""

import os
import socket
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection as database

from apps.core import failpoints
from apps.core.ids import uuid7
from apps.core.tenancy import across_organizations
from apps.integrations import policy

MAY_WORK = """
    c.state <> 'revoked' AND coalesce(c.paused_until, '-infinity') <= statement_timestamp()
    AND (c.breaker IN ('closed', 'half_open') OR c.breaker_until <= statement_timestamp())
    AND EXISTS (SELECT 1 FROM integrations_delivery d WHERE d.connection_id = c.id
          AND d.state IN ('pending', 'retry_wait') AND d.due_at <= statement_timestamp()
          AND (c.state = 'active' OR d.kind = 'connection.test'))
"""
TAKE_CONNECTIONS = f"""
SELECT c.id, c.organization_id FROM connections_connection c WHERE {MAY_WORK}
 ORDER BY c.last_claim_at NULLS FIRST LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
"""  # noqa: S608
OTHERS_WAIT = f"""
SELECT EXISTS (SELECT 1 FROM connections_connection c
 WHERE c.organization_id <> ALL(%(full)s::uuid[]) AND {MAY_WORK})
"""  # noqa: S608
IN_FLIGHT = """
SELECT organization_id, count(*) FROM integrations_delivery
 WHERE organization_id = ANY(%(organizations)s::uuid[]) AND state = 'in_flight' GROUP BY 1
"""
# One claimer at a time looks at an organization's share. The locks are taken in one order.
LOCK_SHARES = """
SELECT pg_advisory_xact_lock(hashtextextended('deliver:' || o, 0))
  FROM (SELECT unnest(%(organizations)s::text[]) AS o ORDER BY 1) AS sorted
"""
TAKE_DELIVERIES = """
WITH t AS (
  UPDATE connections_connection u SET last_claim_at = clock_timestamp(),
         half_open_good = CASE WHEN u.breaker = 'open' THEN 0 ELSE u.half_open_good END,
         half_open_left = CASE WHEN u.breaker = 'open' OR u.half_open_left <= 0 AND NOT EXISTS (
             SELECT 1 FROM integrations_delivery f
              WHERE f.connection_id = u.id AND f.state = 'in_flight')
           THEN %(permits)s::smallint ELSE u.half_open_left END,
         breaker = CASE WHEN u.breaker = 'open' THEN 'half_open' ELSE u.breaker END
   WHERE u.id = ANY(%(ids)s::uuid[])
  RETURNING u.id, u.organization_id, u.ordered, u.state, u.max_in_flight, u.breaker,
            u.half_open_left),
w AS (
  SELECT d.id, t.organization_id FROM t CROSS JOIN LATERAL (
    SELECT d.id FROM integrations_delivery d
     WHERE d.connection_id = t.id AND d.state IN ('pending', 'retry_wait')
       AND d.due_at <= statement_timestamp()
       AND (t.state = 'active' OR d.kind = 'connection.test')
       AND (NOT t.ordered OR NOT EXISTS (SELECT 1 FROM integrations_delivery e
             WHERE e.connection_id = d.connection_id AND e.lane = d.lane
               AND e.event_seq < d.event_seq
               AND e.state IN ('pending', 'in_flight', 'retry_wait', 'held')))
     ORDER BY d.priority, d.due_at, d.event_seq
     LIMIT least(CASE WHEN t.breaker = 'half_open' THEN t.half_open_left ELSE 32767 END,
                 greatest(0, t.max_in_flight - (SELECT count(*) FROM integrations_delivery f
                   WHERE f.connection_id = t.id AND f.state = 'in_flight')))
     FOR UPDATE SKIP LOCKED) d),
p AS (
  SELECT r.id FROM (SELECT w.id, w.organization_id,
           row_number() OVER (PARTITION BY w.organization_id) AS place FROM w) r
    LEFT JOIN unnest(%(organizations)s::uuid[], %(rooms)s::int[]) AS s(organization_id, room)
      ON s.organization_id = r.organization_id
   WHERE r.place <= coalesce(s.room, 32767) LIMIT %(most)s::bigint)
UPDATE integrations_delivery d
   SET state = 'in_flight', lease_epoch = lease_epoch + 1, attempts = attempts + 1,
       lease_until = statement_timestamp() + %(lease)s::float8 * interval '1 second',
       lease_owner = %(owner)s::varchar, updated_at = statement_timestamp()
 WHERE d.id = ANY(ARRAY(SELECT id FROM p))
RETURNING d.id, d.organization_id, d.connection_id, d.lease_epoch, d.attempts
"""
USE_PERMITS = """
UPDATE connections_connection c SET half_open_left = c.half_open_left - used.number
  FROM (SELECT connection_id, count(*) AS number FROM integrations_delivery
         WHERE id = ANY(%(ids)s::uuid[]) GROUP BY 1) used
 WHERE c.id = used.connection_id AND c.breaker = 'half_open'
"""
START_ATTEMPTS = """
INSERT INTO connections_attempt (id, organization_id, connection_id, delivery_id, epoch, number,
  started_at, outcome, error, response_head)
SELECT u.id, d.organization_id, d.connection_id, d.id, d.lease_epoch, d.attempts,
       clock_timestamp(), 'started', '', ''
  FROM unnest(%(attempts)s::uuid[], %(ids)s::uuid[]) AS u(id, delivery)
  JOIN integrations_delivery d ON d.id = u.delivery
"""

OWNER = f"{socket.gethostname()}:{os.getpid()}"[:100]


@dataclass(frozen=True, slots=True)
class Claimed:
    """The right to make one attempt; `epoch` fences out whoever held the delivery before."""

    id: UUID
    organization_id: UUID
    connection_id: UUID
    epoch: int
    attempt: int


def claim(most: int) -> list[Claimed]:
    """Take up to `most` due deliveries and write down the attempt that follows for each.

    No connection gets more in flight than its own limit, and no organization more than a
    quarter of all slots while another one waits.
    """
    with across_organizations(durable=True), database.cursor() as cursor:
        cursor.execute(TAKE_CONNECTIONS, {"most": most})
        taken = cursor.fetchall()
        if not taken:
            return []
        rooms = _rooms(cursor, sorted({organization for _id, organization in taken}))
        values: dict[str, Any] = {
            "ids": [pk for pk, _organization in taken], "most": most, "owner": OWNER,
            "permits": policy.PERMITS, "lease": policy.lease_seconds(),
            "organizations": list(rooms), "rooms": list(rooms.values()),
        }  # fmt: skip
        cursor.execute(TAKE_DELIVERIES, values)
        claimed = [Claimed(*row) for row in cursor.fetchall()]
        ids = [one.id for one in claimed]
        if ids:
            cursor.execute(USE_PERMITS, {"ids": ids})
            cursor.execute(START_ATTEMPTS, {"attempts": [uuid7() for _id in ids], "ids": ids})
    if claimed:
        failpoints.hit("deliver.after_claim")
    return claimed


def _rooms(cursor: Any, organizations: list[UUID]) -> dict[UUID, int]:
    """Return how many more each organization may take now; an absent one has no bound."""
    cursor.execute(LOCK_SHARES, {"organizations": [str(pk) for pk in organizations]})
    cursor.execute(IN_FLIGHT, {"organizations": organizations})
    share = max(1, int(policy.delivery_slots() * policy.SHARE_OF_ONE_ORGANIZATION))
    held = dict.fromkeys(organizations, 0) | dict(cursor.fetchall())
    if len(organizations) == 1:
        cursor.execute(OTHERS_WAIT, {"full": organizations})
        if not cursor.fetchone()[0]:
            return {}
    return {pk: max(0, share - number) for pk, number in held.items()}
