from django.db import migrations

from apps.core.tenancy import queue_security


class Migration(migrations.Migration):
    dependencies = [("connections", "0001_initial")]
    operations = [
        queue_security("connections_connection"),
        queue_security("connections_secret"),
        queue_security("connections_attempt"),
    ]
