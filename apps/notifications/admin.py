"""Pages to look at: the own notifications, and the outbox of all mails for owner and admins."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from apps.core.admin import LookAdmin, admin_actor
from apps.notifications.models import Mail, Notification

REMOVED = (
    "Not shown: this mail holds a link that opens an account. Its words are removed once it has "
    "left, and before that only the owner reads it here, where no mail server is set."
)


@admin.register(Notification)
class NotificationAdmin(LookAdmin):
    list_display = ("title", "kind", "user", "object_type", "created_at", "read_at")
    list_filter: ClassVar[list[str]] = ["kind", "object_type"]
    list_select_related = ("user",)
    search_fields = ("title", "body")
    date_hierarchy = "created_at"


@admin.register(Mail)
class MailAdmin(LookAdmin):
    """What was written, to whom, and whether a mail server took it (R3, R100)."""

    list_display = ("subject", "to_address", "kind", "state", "attempts", "created_at", "sent_at")
    list_filter: ClassVar[list[str]] = ["state", "kind"]
    list_select_related = ("user",)
    search_fields = ("subject", "to_address")  # the text of a mail may hold a link: no guessing
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    fields = (
        "state", "to_address", "person", "subject", "page", "plain_text", "kind", "created_at",
        "sent_at", "attempts", "due_at", "last_error", "message_id",
    )  # fmt: skip
    readonly_fields = ("person", "page", "plain_text")

    @admin.display(description="person")
    def person(self, mail: Mail) -> str:
        """Return a link to the page of the person, where the address belongs to one."""
        if mail.user_id is None:
            return "-"
        url = reverse("admin:accounts_user_change", args=[mail.user_id])
        return format_html('<a href="{}">{}</a>', url, mail.user)

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Mail | None:
        """Return the mail, without its words where this person may not read them.

        What is changed here is shown and never saved.
        """
        mail: Mail | None = super().get_object(request, *args, **kwargs)
        if mail is not None and not mail.may_be_read_by(admin_actor(request)):
            mail.text = mail.html = ""
        return mail

    @admin.display(description="mail")
    def page(self, mail: Mail) -> str:
        """Return the HTML in a frame where no script runs; its links open beside the admin."""
        if not mail.html:
            return REMOVED
        return format_html(
            '<iframe title="The mail as it is shown" srcdoc="{}" width="100%" height="620"'
            ' sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>',
            mail.html,
        )

    @admin.display(description="text")
    def plain_text(self, mail: Mail) -> str:
        """Return the text twin with its lines."""
        return format_html('<pre style="white-space:pre-wrap">{}</pre>', mail.text or REMOVED)
