from django.db import migrations

from apps.core.tenancy import row_security


class Migration(migrations.Migration):
    dependencies = [("clients", "0001_initial")]
    operations = [
        row_security("clients_client"),
        row_security("clients_contact"),
    ]
