"""Numbers and the hash chain, given at commit (`integration.md`, section 3.2); row security."""

from django.db import migrations

from apps.core.tenancy import queue_security, row_security

# `concat_ws` drops nulls, so each nullable column has a stand-in: two rows never give one text.
# At commit the setting may be gone already, so the function enters the row's organization itself;
# the row could only be inserted under that organization.
NUMBER = """
CREATE FUNCTION events_number() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public AS $$
DECLARE
  head events_head%ROWTYPE;
  next_seq bigint;
  next_hash bytea;
  before text := coalesce(current_setting('app.organization', true), '');
BEGIN
  PERFORM set_config('app.organization', NEW.organization_id::text, true);
  SELECT * INTO head FROM events_head WHERE organization_id = NEW.organization_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'organization % has no event head', NEW.organization_id;
  END IF;
  next_seq := head.seq + 1;
  next_hash := sha256(head.hash || convert_to(concat_ws('|', next_seq, NEW.id, NEW.kind,
    NEW.version, NEW.aggregate_type, NEW.aggregate_id, NEW.aggregate_seq, NEW.actor_type,
    coalesce(NEW.actor_id::text, '-'), coalesce(NEW.client_id::text, '-'),
    coalesce(array_to_string(NEW.user_ids, ','), '-'), NEW.audience,
    coalesce(NEW.request_id::text, '-'), coalesce(NEW.causation_id::text, '-'),
    coalesce(NEW.traceparent, '-'),
    to_char(NEW.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')), 'UTF8')
    || NEW.body_digest);
  UPDATE events_head SET seq = next_seq, hash = next_hash
   WHERE organization_id = NEW.organization_id;
  UPDATE events_event SET seq = next_seq, hash = next_hash WHERE id = NEW.id;
  PERFORM set_config('app.organization', before, true);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER events_number AFTER INSERT ON events_event
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION events_number();
ALTER TABLE events_head SET (fillfactor = 50);
"""
NO_NUMBER = """
DROP TRIGGER events_number ON events_event;
DROP FUNCTION events_number();
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]
    operations = [
        queue_security("events_head"),
        row_security("events_event"),
        queue_security("events_cursor"),
        row_security("events_parked"),
        row_security("events_idempotency"),
        migrations.RunSQL(NUMBER, NO_NUMBER),
    ]
