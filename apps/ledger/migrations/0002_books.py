"""Every entry sums to zero per currency; entries and postings never change; row security."""

from django.db import migrations

from apps.core.tenancy import row_security

BALANCED = """
CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public AS $$
DECLARE
  before text := coalesce(current_setting('app.organization', true), '');
BEGIN
  PERFORM set_config('app.organization', NEW.organization_id::text, true);
  IF EXISTS (SELECT 1 FROM ledger_posting WHERE entry_id = NEW.entry_id
              GROUP BY currency HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'ledger entry % is not balanced', NEW.entry_id USING ERRCODE = '23514';
  END IF;
  PERFORM set_config('app.organization', before, true);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_balanced AFTER INSERT ON ledger_posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced();

CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public AS $$
BEGIN
  -- A demo studio is play money: its books may go as a whole, never change.
  IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM organizations_organization
                                   WHERE id = OLD.organization_id AND is_demo) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the ledger is append only: % on %', TG_OP, TG_TABLE_NAME
    USING ERRCODE = '23514';
END $$;
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER ledger_posting_append_only BEFORE UPDATE OR DELETE ON ledger_posting
  FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
"""
NO_BALANCED = """
DROP TRIGGER ledger_posting_append_only ON ledger_posting;
DROP TRIGGER ledger_entry_append_only ON ledger_entry;
DROP FUNCTION ledger_append_only();
DROP TRIGGER ledger_balanced ON ledger_posting;
DROP FUNCTION ledger_balanced();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("organizations", "0001_initial")]
    operations = [
        row_security("ledger_account"),
        row_security("ledger_entry"),
        row_security("ledger_posting"),
        migrations.RunSQL(BALANCED, NO_BALANCED),
    ]
