"""One-time links. Outside row security: a link is opened before anybody has signed in."""

from django.db import models

from apps.accounts.models.people import Membership, User
from apps.core.models import Versioned
from apps.organizations.models import Organization


class OneTimeLink(Versioned):
    """A link or code that works once until `expires_at`. Its text is not stored: see `links.py`.

    `data` holds what the purpose needs, such as the new address of a change of e-mail.
    """

    class Purpose(models.TextChoices):
        PASSWORD_RESET = "password_reset"  # noqa: S105  a purpose
        EMAIL_VERIFICATION = "email_verification"
        EMAIL_CHANGE = "email_change"
        MAGIC_LINK = "magic_link"
        HANDOFF = "handoff"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=20, choices=Purpose)
    data = models.JSONField(default=dict)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "purpose"],
                condition=models.Q(used_at__isnull=True),
                name="accounts_link_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"


class LinkRequest(Versioned):
    """A wish for a link by mail, to a known address or not: what the quiet limit counts.

    Both kinds leave the same trace, so neither answer nor time tells them apart (R13). The link
    itself is made when its mail is written.
    """

    organization_id = models.UUIDField()
    membership = models.ForeignKey(Membership, models.CASCADE, null=True, related_name="+")
    purpose = models.CharField(max_length=20, choices=OneTimeLink.Purpose)
    email = models.CharField(max_length=254)
    address = models.CharField(max_length=45)

    class Meta:
        indexes = [
            models.Index(fields=["email", "purpose", "created_at"], name="accounts_link_window")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.email}"
