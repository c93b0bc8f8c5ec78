from django.db import migrations

from apps.core.tenancy import row_security


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]
    operations = [
        row_security("approvals_approval"),
        row_security("approvals_approver"),
        row_security("approvals_decision"),
    ]
