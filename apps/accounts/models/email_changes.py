"""Changes of e-mail. Outside row security, like links: both are opened without a sign-in."""

from django.db import models

from apps.accounts.models.people import Membership, User
from apps.core.models import Versioned
from apps.organizations.models import Organization


class EmailChange(Versioned):
    """A wish for another address, good once both addresses have confirmed it (P09).

    The old address can also refuse. Each side has its own link, see `services/email_changes.py`.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    old_email = models.EmailField(max_length=254)
    new_email = models.EmailField(max_length=254)
    expires_at = models.DateTimeField()
    confirmed_by_old_at = models.DateTimeField(null=True)
    confirmed_by_new_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "created_at"], name="accounts_email_change_user")]

    def __str__(self) -> str:
        return f"{self.old_email} to {self.new_email}"
