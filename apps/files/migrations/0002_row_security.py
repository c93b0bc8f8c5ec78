from django.db import migrations

from apps.core.tenancy import row_security


class Migration(migrations.Migration):
    dependencies = [("files", "0001_initial")]
    operations = [
        row_security("files_file"),
        row_security("files_fileversion"),
    ]
