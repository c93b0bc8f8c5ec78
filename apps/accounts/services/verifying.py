"""Whether an address belongs to its person: verification, and a change of it (P09)."""

from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts.errors import LinkGone, TokenInvalid
from apps.accounts.links import NEW_ADDRESS, OLD_ADDRESS, read_link
from apps.accounts.models import EmailChange, Membership, OneTimeLink, User
from apps.accounts.services.links import issue_link, use_link
from apps.accounts.services.proofs import require_recent_proof
from apps.core import clock, throttles
from apps.core.actors import Actor
from apps.core.context import current
from apps.core.errors import InvalidFields
from apps.core.models import revise
from apps.core.tenancy import organization_scope
from apps.events.outbox import record

VERIFICATION = OneTimeLink.Purpose.EMAIL_VERIFICATION
CHANGE_LIFETIME = timedelta(hours=24)
MAILS = throttles.Rate(5, 3600)  # of one person, for each of the two


@transaction.atomic
def request_verification(actor: Actor, membership: Membership) -> None:
    """Send the signed-in person a link that confirms his address; nothing where it is confirmed.

    Raises RateLimited.
    """
    user = membership.user
    if user.email_verified_at is not None:
        return
    throttles.check(f"verification:{user.id}", MAILS)
    link = issue_link(membership, VERIFICATION, email=user.email)
    record(actor, "email_verification.requested", link, user_ids=[user.id])


@transaction.atomic
def verify_email(text: str) -> User:
    """Confirm an address by its link. Raises TokenInvalid, LinkGone."""
    link = use_link(text, VERIFICATION)
    user: User = User.objects.select_for_update().get(id=link.user_id)
    if user.email != link.data["email"]:
        raise LinkGone
    revise(user, email_verified_at=clock.now())
    with organization_scope(link.organization_id):
        record(link.membership.actor(), "email.verified", link, user_ids=[user.id])
    return user


@transaction.atomic
def request_email_change(actor: Actor, membership: Membership, email: str) -> EmailChange:
    """Ask both addresses whether the person moves to the new one; earlier wishes end.

    Whether the new address has an account makes no difference here: it gets no link then. Raises
    ProofRequired (R25), InvalidFields, RateLimited.
    """
    require_recent_proof(actor)
    user, now, new = membership.user, clock.now(), email.strip().lower()
    if new == user.email:
        raise InvalidFields(email="This is your address already.")
    throttles.check(f"email-change:{user.id}", MAILS)
    EmailChange.objects.filter(user=user, expires_at__gt=now).update(expires_at=now)
    change = EmailChange.objects.create(
        organization_id=actor.organization_id, user=user, membership=membership,
        old_email=user.email, new_email=new, expires_at=now + CHANGE_LIFETIME,
    )  # fmt: skip
    record(
        actor, "email_change.requested", change, user_ids=[user.id],
        before={"email": user.email}, after={"email": new},
        device=current().user_agent, address=current().address,
    )  # fmt: skip
    return change


def look_at_email_change(text: str) -> tuple[EmailChange, str]:
    """Return the change of a link and whose link it is, OLD_ADDRESS or NEW_ADDRESS.

    Raises TokenInvalid, LinkGone.
    """
    return _open_change(text)


@transaction.atomic
def confirm_email_change(text: str) -> EmailChange:
    """Note what one address says; with the second one the change is made.

    Raises TokenInvalid, LinkGone.
    """
    change, side = _open_change(text, lock=True)
    revise(change, **{_column(side): clock.now()})
    if change.confirmed_by_old_at is not None and change.confirmed_by_new_at is not None:
        _move(change)
    return change


@transaction.atomic
def refuse_email_change(text: str) -> EmailChange:
    """End a change, by whoever reads one of the two addresses. Raises TokenInvalid, LinkGone."""
    change, side = _open_change(text, lock=True)
    revise(change, refused_at=clock.now())
    with organization_scope(change.organization_id):
        record(
            change.membership.actor(), "email_change.refused", change,
            user_ids=[change.user_id], by=side.partition(":")[2],
        )  # fmt: skip
    return change


def _move(change: EmailChange) -> None:
    """Give the person the new address. Raises LinkGone when somebody else has it by now."""
    user = User.objects.select_for_update().get(id=change.user_id)
    if user.email != change.old_email:
        raise LinkGone
    now = clock.now()
    try:
        with transaction.atomic():
            revise(user, email=change.new_email, email_verified_at=now)
    except IntegrityError as error:
        raise LinkGone from error
    revise(change, completed_at=now)
    OneTimeLink.objects.filter(user=user, used_at__isnull=True).update(expires_at=now)
    with organization_scope(change.organization_id):
        record(
            change.membership.actor(), "email.changed", change, user_ids=[user.id],
            before={"email": change.old_email}, after={"email": change.new_email},
            device=current().user_agent, address=current().address,
        )  # fmt: skip


def _open_change(text: str, *, lock: bool = False) -> tuple[EmailChange, str]:
    pk, side = _read(text)
    rows = EmailChange.objects.select_related("membership__user", "organization")
    if lock:
        rows = rows.select_for_update(of=("self",))
    change = rows.filter(id=pk).first()
    if change is None:
        raise TokenInvalid
    closed = change.refused_at or change.completed_at or getattr(change, _column(side))
    if closed is not None or change.expires_at <= clock.now():
        raise LinkGone
    return change, side


def _read(text: str) -> tuple[UUID, str]:
    try:
        return read_link(text, OLD_ADDRESS), OLD_ADDRESS
    except TokenInvalid:
        return read_link(text, NEW_ADDRESS), NEW_ADDRESS


def _column(side: str) -> str:
    return "confirmed_by_old_at" if side == OLD_ADDRESS else "confirmed_by_new_at"
