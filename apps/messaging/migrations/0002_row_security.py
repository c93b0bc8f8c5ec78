from django.db import migrations

from apps.core.tenancy import row_security

# The row security of the tables holds for whoever asks the view, not for the view's owner.
THREAD = """
CREATE VIEW messaging_thread WITH (security_invoker = true) AS
SELECT p.id, p.organization_id, p.conversation_id, p.user_id, c.project_id, c.subject, c.version,
       c.created_at, c.updated_at, c.last_message_at,
       coalesce(c.last_message_at, c.created_at) AS active_at,
       c.last_number - p.read_number AS unread_count,
       c.last_number > p.read_number AS is_unread
  FROM messaging_participant p JOIN messaging_conversation c ON c.id = p.conversation_id
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]
    operations = [
        row_security("messaging_conversation"),
        row_security("messaging_participant"),
        row_security("messaging_message"),
        migrations.RunSQL(THREAD, "DROP VIEW messaging_thread"),
    ]
