"""Invitations: made, sent again, revoked, accepted (P06, R15).

What makes the person a client's contact belongs to `apps.clients`, which calls this.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.accounts import passwords
from apps.accounts.errors import (
    AlreadyInvited,
    AlreadyMember,
    EmailTaken,
    InvitationClosed,
    LinkGone,
    TokenInvalid,
)
from apps.accounts.links import INVITATION, read_link
from apps.accounts.models import Invitation, Membership, User
from apps.accounts.permissions import require
from apps.accounts.services.people import add_person, opens_admin
from apps.accounts.services.signing_in import prove_password
from apps.accounts.strength import check_strength
from apps.core import clock, throttles
from apps.core.actors import ADMIN, CLIENT, OWNER, SYSTEM, Actor
from apps.core.errors import PermissionDenied
from apps.core.models import revise
from apps.core.tenancy import enter_organization
from apps.events.outbox import publish, record

LIFETIME = timedelta(days=7)


@transaction.atomic
def invite(actor: Actor, *, email: str, role: str, client_id: UUID | None = None) -> Invitation:
    """Offer a role to an address; its mail is written from the event.

    Whether the address has an account elsewhere makes no difference here. Raises
    PermissionDenied, AlreadyMember, AlreadyInvited, RateLimited.
    """
    _require(actor, role)
    name = email.strip().lower()
    members = Membership.objects.filter(organization_id=actor.organization_id)
    if members.filter(user__email__iexact=name).exists():
        raise AlreadyMember
    _count(actor, name)
    now = clock.now()
    same = Invitation.objects.visible_to(Actor.system(actor.organization_id)).open()
    for old in same.filter(email=name, client_id=client_id, expires_at__lte=now):
        revise(old, revoked_at=now)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                organization_id=actor.organization_id, email=name, role=role,
                client_id=client_id, invited_by_id=_person(actor), expires_at=now + LIFETIME,
            )  # fmt: skip
    except IntegrityError as error:
        raise AlreadyInvited from error
    _announce(actor, invitation)
    return invitation


@transaction.atomic
def resend_invitation(actor: Actor, invitation: Invitation) -> Invitation:
    """Send a locked invitation once more; it runs for seven days from now.

    Raises PermissionDenied, InvitationClosed, RateLimited.
    """
    _require(actor, invitation.role)
    _refuse_closed(invitation)
    _count(actor, invitation.email)
    revise(invitation, expires_at=clock.now() + LIFETIME)
    _announce(actor, invitation)
    return invitation


@transaction.atomic
def revoke_invitation(actor: Actor, invitation: Invitation) -> None:
    """End a locked invitation. Raises PermissionDenied, InvitationClosed."""
    _require(actor, invitation.role)
    _refuse_closed(invitation)
    revise(invitation, revoked_at=clock.now())
    record(actor, "invitation.revoked", invitation, email=invitation.email)


def look_at_invitation(text: str) -> Invitation:
    """Return the invitation of a link while it is good. Raises TokenInvalid, LinkGone."""
    return _good(read_link(text, INVITATION))


def has_account(email: str) -> bool:
    """Whether an address has an account; only told to who holds a link that was mailed to it."""
    return bool(User.objects.filter(email__iexact=email).exists())


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody who has proved that he may accept: with his password, or with a new one."""

    invitation_id: UUID
    client_id: UUID | None
    user_id: UUID | None = None
    encoded: str = ""


def prove_invitee(text: str, password: str) -> Invitee:
    """Check link and password, outside of a transaction: hashing takes long.

    An address with an account needs that account's password, any other one a new password.
    Raises TokenInvalid, LinkGone, WeakPassword, WrongCredentials, TooManyFailures.
    """
    invitation = look_at_invitation(text)
    if has_account(invitation.email):
        membership = prove_password(invitation.email, password)
        return Invitee(invitation.id, invitation.client_id, user_id=membership.user_id)
    check_strength(password, invitation.email)
    return Invitee(invitation.id, invitation.client_id, encoded=passwords.hashed(password))


def join(invitee: Invitee, *, first_name: str = "", last_name: str = "") -> Membership:
    """Make the membership that the invitation offers, in the caller's transaction.

    It enters the organization. Role and company come from the invitation only; of two who accept
    at once one wins. Raises LinkGone.
    """
    invitation = _good(invitee.invitation_id, lock=True)
    enter_organization(invitation.organization_id)
    now = clock.now()
    if invitee.user_id is None:
        membership = _newcomer(invitation, invitee.encoded, first_name, last_name)
    else:
        membership = _known_person(invitation, invitee.user_id)
    revise(invitation, accepted_at=now)
    publish(
        membership.actor(), "user.registered", invitation, client_id=invitation.client_id,
        id=membership.user_id, role=membership.role,
    )  # fmt: skip
    return membership


def _newcomer(invitation: Invitation, encoded: str, first: str, last: str) -> Membership:
    try:
        return add_person(
            invitation.organization, invitation.email, encoded, invitation.role,
            first_name=first, last_name=last, email_verified_at=clock.now(),
        )  # fmt: skip
    except EmailTaken as error:  # an account was made since the password was checked
        raise LinkGone from error


def _known_person(invitation: Invitation, user_id: UUID) -> Membership:
    user = User.objects.select_for_update().get(id=user_id)
    membership, is_new = Membership.objects.get_or_create(
        organization=invitation.organization, user=user, defaults={"role": invitation.role}
    )
    if not is_new:
        raise LinkGone
    if opens_admin(invitation.role) and not user.is_staff:
        revise(user, is_staff=True)
    if user.email_verified_at is None:
        revise(user, email_verified_at=clock.now())
    return membership


def _good(invitation_id: UUID, *, lock: bool = False) -> Invitation:
    rows = Invitation.objects.select_related("organization", "invited_by")
    if lock:
        rows = rows.select_for_update(of=("self",))
    invitation = rows.filter(id=invitation_id).first()
    if invitation is None:
        raise TokenInvalid
    closed = invitation.accepted_at or invitation.revoked_at
    if closed is not None or invitation.expires_at <= clock.now():
        raise LinkGone
    return invitation


def _require(actor: Actor, role: str) -> None:
    """Staff invite contacts only, and only an owner makes owners (C18)."""
    require(actor, "contacts.invite" if role == CLIENT else "users.write")
    if role == OWNER and actor.role == ADMIN:
        raise PermissionDenied


def _person(actor: Actor) -> UUID | None:
    return None if actor.role == SYSTEM else actor.user_id


def _refuse_closed(invitation: Invitation) -> None:
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise InvitationClosed


def _count(actor: Actor, email: str) -> None:
    """Hold the mails of one studio, and those to one address, in bounds; raises RateLimited."""
    studio = throttles.rate(settings.INVITATION_RATE)
    throttles.check(f"invite:{actor.organization_id}", studio)
    address = throttles.rate(settings.INVITATION_ADDRESS_RATE)
    throttles.check(f"invite:{actor.organization_id}:{email}", address)


def _announce(actor: Actor, invitation: Invitation) -> None:
    publish(
        actor, "user.invited", invitation, client_id=invitation.client_id,
        id=invitation.id, email=invitation.email, role=invitation.role,
    )  # fmt: skip
