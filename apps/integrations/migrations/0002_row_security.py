from django.db import migrations

from apps.core.tenancy import queue_security


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial")]
    operations = [
        queue_security("integrations_delivery"),
    ]
