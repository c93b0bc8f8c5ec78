"""Notifications in the old words. The portal knows neither priorities nor expiry."""

from rest_framework import serializers

from apps.node_api.forms import PageForm, said
from apps.node_api.shapes.columns import constant, filled, flag_of, moment, text_of
from apps.notifications.models import Notification

TYPE = """SELECT CASE split_part(v.k, '.', 1) WHEN 'message' THEN 'new_message'
   WHEN 'project' THEN 'project_update' WHEN 'invoice' THEN 'invoice_created'
   WHEN 'payment' THEN 'payment_received' WHEN 'file' THEN 'file_uploaded' ELSE 'system' END
  FROM (VALUES (%(expressions)s)) AS v(k)"""
TYPES = {
    "new_message": "message.", "project_update": "project.", "invoice_created": "invoice.",
    "payment_received": "payment.", "file_uploaded": "file.",
}  # fmt: skip
PAGE = """SELECT CASE v.t WHEN 'message' THEN '/portal#messages' WHEN 'file' THEN '/portal#files'
   WHEN 'project' THEN '/portal#projects' WHEN 'invoice' THEN '/portal#invoices'
   WHEN 'payment' THEN '/portal#invoices' END FROM (VALUES (%(expressions)s)) AS v(t)"""
IS_READ = "SELECT v.t IS NOT NULL FROM (VALUES (%(expressions)s)) AS v(t)"


class NotificationRow(serializers.ModelSerializer[Notification]):
    """A row of the list."""

    type = text_of(TYPE, "kind")
    content = filled("body")
    action_url = text_of(PAGE, "object_type")
    is_read = flag_of(IS_READ, "read_at")
    read_at = moment("read_at")
    priority = constant("normal")
    created_at = moment("created_at")

    class Meta:
        model = Notification
        fields: tuple[str, ...] = (
            "id", "type", "title", "content", "action_url", "is_read", "read_at", "priority",
            "created_at",
        )  # fmt: skip


class NotificationDetailRow(NotificationRow):
    """One notification, as the answer to a change shows it."""

    user_id = serializers.UUIDField()

    class Meta(NotificationRow.Meta):
        fields = (*NotificationRow.Meta.fields, "user_id")


class NotificationPage(PageForm):
    """The query of the list."""

    type = serializers.ChoiceField(
        choices=tuple(TYPES), required=False, error_messages=said("Invalid type")
    )
    is_read = serializers.ChoiceField(
        choices=("true", "false"), required=False, error_messages=said("Invalid is_read")
    )
    sort = serializers.ChoiceField(
        choices=("created_at",), default="created_at", error_messages=said("Invalid sort field")
    )
