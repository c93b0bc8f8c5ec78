"""One-time links: issued, looked at, used once (R21, P08).

Looking changes nothing, so a mail scanner that opens a link leaves it good; only `use_link` does.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction

from apps.accounts.errors import LinkGone, TokenInvalid
from apps.accounts.links import read_link
from apps.accounts.models import Membership, OneTimeLink
from apps.core import clock

Purpose = OneTimeLink.Purpose
LIFETIMES = {
    Purpose.PASSWORD_RESET: timedelta(hours=1),  # P08
    Purpose.EMAIL_VERIFICATION: timedelta(days=3),
    Purpose.EMAIL_CHANGE: timedelta(hours=24),
    Purpose.MAGIC_LINK: timedelta(minutes=15),  # R22
    Purpose.HANDOFF: timedelta(seconds=60),
}


@transaction.atomic
def issue_link(membership: Membership, purpose: str, **data: Any) -> OneTimeLink:
    """Return a new link for a person; earlier ones of the same purpose stop working."""
    now = clock.now()
    if purpose != Purpose.HANDOFF:
        OneTimeLink.objects.filter(
            user_id=membership.user_id, purpose=purpose, used_at__isnull=True
        ).update(expires_at=now)
    return OneTimeLink.objects.create(
        organization_id=membership.organization_id,
        user_id=membership.user_id,
        membership=membership,
        purpose=purpose,
        data=data,
        created_at=now,
        expires_at=now + LIFETIMES[Purpose(purpose)],
    )


def look_at_link(text: str, purpose: str) -> OneTimeLink:
    """Return the link of a text while it is good. Raises TokenInvalid, LinkGone."""
    return _checked(OneTimeLink.objects.all(), text, purpose)


@transaction.atomic
def use_link(text: str, purpose: str) -> OneTimeLink:
    """Return the link of a text and mark it as used; of two at once one wins.

    Raises TokenInvalid for a forged text and for one of another purpose, LinkGone for a used or
    expired one.
    """
    link = _checked(OneTimeLink.objects.select_for_update(of=("self",)), text, purpose)
    link.used_at = clock.now()
    link.save(update_fields=["used_at"])
    return link


def _checked(rows: Any, text: str, purpose: str) -> OneTimeLink:
    pk = read_link(text, purpose)
    found = rows.select_related("membership__user", "membership__organization")
    link: OneTimeLink | None = found.filter(id=pk, purpose=purpose).first()
    if link is None:
        raise TokenInvalid
    if link.used_at is not None or link.expires_at <= clock.now():
        raise LinkGone
    return link
