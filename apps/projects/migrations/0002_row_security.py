from django.db import migrations

from apps.core.tenancy import row_security


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_initial")]
    operations = [
        row_security("projects_libraryphase"),
        row_security("projects_servicetype"),
        row_security("projects_project"),
        row_security("projects_phase"),
        row_security("projects_phaseaction"),
    ]
