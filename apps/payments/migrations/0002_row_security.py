from django.db import migrations

from apps.core.tenancy import queue_security, row_security


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]
    operations = [
        row_security("payments_payment"),
        queue_security("payments_operation"),
    ]
