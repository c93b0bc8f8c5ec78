from django.db import migrations

from apps.core.tenancy import row_security


class Migration(migrations.Migration):
    dependencies = [("invoices", "0001_initial")]
    operations = [
        row_security("invoices_invoice"),
        row_security("invoices_line"),
        row_security("invoices_numberseries"),
    ]
