from django.db import migrations

from apps.core.tenancy import row_security


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]
    operations = [
        row_security("notifications_notification"),
    ]
