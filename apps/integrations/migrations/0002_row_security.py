"""Row security of deliveries, and the view of dead letters (which obeys the reader's row security)."""

from django.db import migrations

from apps.core.tenancy import queue_security

# A dead delivery leaves the view when a later replay of it exists. The body is shown when the
# team may read the event: people's own events and the system's stay closed.
DEAD_LETTERS = """
CREATE VIEW integrations_dead_letter WITH (security_invoker = true) AS
SELECT d.id, d.organization_id, 'delivery'::varchar AS source, d.kind, d.connection_id,
       'deliver'::varchar AS consumer, d.event_id, d.last_error::text AS error,
       d.attempts::integer AS attempts,
       coalesce((SELECT min(a.started_at) FROM connections_attempt a WHERE a.delivery_id = d.id),
                d.created_at) AS first_failed_at,
       d.finished_at AS last_failed_at,
       (SELECT (e.body::jsonb)->'data' FROM events_event e
         WHERE e.id = d.event_id AND e.audience IN ('staff', 'client')) AS body,
       d.finished_at AS created_at
  FROM integrations_delivery d
 WHERE d.state = 'dead' AND d.discarded_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM integrations_delivery r WHERE r.connection_id = d.connection_id
                    AND r.event_id = d.event_id AND r.replay_no > d.replay_no)
UNION ALL
SELECT p.id, p.organization_id, 'event'::varchar, e.kind::varchar, NULL::uuid,
       p.consumer::varchar, p.event_id, p.error, 5, p.parked_at, p.parked_at,
       CASE WHEN e.audience IN ('staff', 'client') THEN (e.body::jsonb)->'data' END,
       p.parked_at
  FROM events_parked p JOIN events_event e ON e.id = p.event_id
 WHERE p.resolved_at IS NULL
"""
TUNED = "ALTER TABLE integrations_delivery SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)"


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial"), ("events", "0002_log")]
    operations = [
        queue_security("integrations_delivery"),
        migrations.RunSQL(DEAD_LETTERS, "DROP VIEW integrations_dead_letter"),
        migrations.RunSQL(TUNED, migrations.RunSQL.noop),
    ]
