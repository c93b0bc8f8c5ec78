"""What each client owes, kept by a trigger beside the invoices it is the sum of."""

import django.db.models.deletion
from django.db import migrations, models

import apps.core.ids
from apps.core.tenancy import row_security

KEPT = """
CREATE FUNCTION invoices_open_part(status text, total bigint, paid bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN status IN ('sent', 'viewed', 'partially_paid', 'overdue')
              THEN total - paid ELSE 0 END
$$;
CREATE FUNCTION invoices_owe(organization uuid, client uuid, code text, amount bigint)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO invoices_balance (id, organization_id, client_id, currency, owed_minor)
  SELECT gen_random_uuid(), organization, client, code, amount WHERE amount <> 0
  ON CONFLICT (organization_id, client_id, currency)
  DO UPDATE SET owed_minor = invoices_balance.owed_minor + excluded.owed_minor
$$;
CREATE FUNCTION invoices_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before bigint := 0;
  after bigint := 0;
BEGIN
  IF TG_OP <> 'INSERT' THEN
    before := invoices_open_part(OLD.status, OLD.total_minor, OLD.paid_minor);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    after := invoices_open_part(NEW.status, NEW.total_minor, NEW.paid_minor);
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.organization_id, OLD.client_id, OLD.currency)
                        = (NEW.organization_id, NEW.client_id, NEW.currency) THEN
    PERFORM invoices_owe(NEW.organization_id, NEW.client_id, NEW.currency, after - before);
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    PERFORM invoices_owe(OLD.organization_id, OLD.client_id, OLD.currency, -before);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM invoices_owe(NEW.organization_id, NEW.client_id, NEW.currency, after);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER invoices_balance AFTER INSERT OR DELETE OR
  UPDATE OF status, total_minor, paid_minor, currency, client_id, organization_id
  ON invoices_invoice FOR EACH ROW EXECUTE FUNCTION invoices_balance();
"""
NOT_KEPT = """
DROP TRIGGER invoices_balance ON invoices_invoice;
DROP FUNCTION invoices_balance();
DROP FUNCTION invoices_owe(uuid, uuid, text, bigint);
DROP FUNCTION invoices_open_part(text, bigint, bigint);
"""
# Row security hides the rows of all organizations but one, from the owner of the tables too.
FILLED = """
DO $$
DECLARE
  studio uuid;
BEGIN
  FOR studio IN SELECT id FROM organizations_organization LOOP
    PERFORM set_config('app.organization', studio::text, true);
    INSERT INTO invoices_balance (id, organization_id, client_id, currency, owed_minor)
    SELECT gen_random_uuid(), organization_id, client_id, currency,
           sum(invoices_open_part(status, total_minor, paid_minor))
      FROM invoices_invoice WHERE organization_id = studio GROUP BY 2, 3, 4;
  END LOOP;
  PERFORM set_config('app.organization', '', true);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0002_row_security"),
        ("invoices", "0003_invoice_invoices_invoice_owed"),
        ("organizations", "0001_initial"),
    ]
    operations = [
        migrations.CreateModel(
            name="Balance",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("owed_minor", models.BigIntegerField(default=0)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "client", "currency"),
                        name="invoices_balance_once",
                    )
                ],
            },
        ),
        row_security("invoices_balance"),
        migrations.RunSQL(KEPT, NOT_KEPT),
        migrations.RunSQL(FILLED, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="invoice", name="invoices_invoice_owed"),
    ]
