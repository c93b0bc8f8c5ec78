"""Notifications and mails: what a person was told, its erasure, and the end of old ones."""

from uuid import UUID

from django.db.models import F, Q

from apps.core import clock
from apps.core.privacy import Area, Counts, Subject, Times, remove
from apps.core.tenancy import organization_scope
from apps.notifications.models import Mail, Notification

ERASED = "the person was erased"


def areas(subject: Subject) -> list[Area]:
    """Return what the person was told in the portal and by mail."""
    here = {"organization_id": subject.organization_id}
    return [
        Area("notifications", "What you were told in the portal.", Notification.objects.filter(
            user_id=subject.user_id, **here
        ).values("id", "kind", "title", "body", "link", "created_at", "read_at")),
        Area("mails", "Mails to you.", Mail.objects.filter(_to(subject), **here).values(
            "id", "kind", "to_address", "subject", "text", "state", "created_at", "sent_at",
        )),
    ]  # fmt: skip


def erase(subject: Subject) -> Counts:
    """Remove the person's notifications, empty his mails, and take his name out of others'."""
    here = {"organization_id": subject.organization_id}
    own, _by_table = Notification.objects.filter(user_id=subject.user_id, **here).delete()
    mails = Mail.objects.filter(_to(subject), **here)
    mails.filter(state=Mail.State.PENDING).update(
        state=Mail.State.FAILED, lease_until=None, last_error=ERASED
    )
    emptied = mails.update(
        to_address=subject.pseudonym_email, subject="", text="", html="", updated_at=clock.now(),
        version=F("version") + 1,
    )  # fmt: skip
    told = subject.scrub(Notification.objects.filter(**here), "title", "body")
    written = subject.scrub(Mail.objects.filter(**here), "subject", "text", "html", "last_error")
    return {
        "notifications.notifications": own, "notifications.mails": emptied,
        "notifications.named_in_notifications": told, "notifications.named_in_mails": written,
    }  # fmt: skip


def expire(organization_id: UUID, times: Times, most: int) -> Counts:
    """Remove notifications, and mails that are no more to be sent."""
    with organization_scope(organization_id):
        here = {"organization_id": organization_id}
        old = Q(created_at__lt=times.before("notifications"))
        trash = Q(deleted_at__lt=times.before("trash"))
        done = ~Q(state=Mail.State.PENDING)
        mails = Mail.objects.filter(done, created_at__lt=times.before("mails"), **here)
        return {
            "notifications.notifications": remove(
                Notification.objects.filter(old | trash, **here), most
            ),
            "notifications.mails": remove(mails, most),
        }


def _to(subject: Subject) -> Q:
    return Q(user_id=subject.user_id) | Q(to_address__iexact=subject.email)
