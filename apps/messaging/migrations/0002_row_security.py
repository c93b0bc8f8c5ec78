from django.db import migrations

from apps.core.tenancy import row_security


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]
    operations = [
        row_security("messaging_conversation"),
        row_security("messaging_participant"),
        row_security("messaging_message"),
    ]
